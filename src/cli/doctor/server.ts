// Whether a ccb answers where the configuration says, and whether one could listen there.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { builtin } from "../../core/builtin.ts";
import { NO_HOST } from "../../config/exposure.ts";
import { CcbError, codeOf } from "../../core/errors.ts";
import { VERSION } from "../../core/version.ts";
import { AliveSchema, HealthSchema } from "../../http/service.ts";
import type { Client } from "../client.ts";
import { addressesOf } from "../listen.ts";
import { bounded, CHECK_MS, CHECK_SECONDS } from "./bounded.ts";
import type { Context } from "./context.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

export type Answer =
  /** `health` null: it says no more than that it is there. */
  | { readonly kind: "ccb"; readonly health: Static<typeof HealthSchema> | null }
  | { readonly kind: "nobody" }
  | { readonly kind: "stranger"; readonly error: CcbError }
  | { readonly kind: "silent" };

/** Asks the server. Never rejects with a CcbError. */
export async function askServer(client: Client, { clock }: Pick<Context, "clock">): Promise<Answer> {
  const silent: Answer = { kind: "silent" };
  async function ask(): Promise<Answer> {
    try {
      const health = await client.get("/health", Type.Union([HealthSchema, AliveSchema]));
      return { kind: "ccb", health: "version" in health ? health : null };
    } catch (error) {
      if (!(error instanceof CcbError)) throw error;
      if (error.code === "server_down") return { kind: "nobody" };
      // Only ccb's own errors have names: it is there, and asks for a key.
      return error.code === "server_foreign" || error.code === "server_said"
        ? { kind: "stranger", error }
        : { kind: "ccb", health: null };
    }
  }
  return bounded(clock, CHECK_MS, ask(), silent);
}

/** Why nobody could listen there now: the system's code; null: somebody could. */
function obstacle(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = builtin.net().createServer();
    server.once("error", (error) => resolve(codeOf(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

async function judgeFree({ config, words }: Context): Promise<Finding> {
  const { doctor } = words;
  const { host, port } = config.settings;
  if (host === NO_HOST) return found("port", "ok", doctor.portSocket, doctor.start);
  if (port === 0) return found("port", "ok", doctor.portAny);
  for (const name of addressesOf(host)) {
    const address = name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`;
    const reason = await obstacle(name, port);
    if (reason === "EADDRINUSE")
      return found("port", "problem", doctor.portTaken({ address }), doctor.portTakenMend({ port }));
    if (reason !== null)
      return found("port", "problem", doctor.portRefused({ address, reason }), doctor.portRefusedMend);
  }
  return found("port", "ok", doctor.portFree({ address: `${host}:${port}` }), doctor.start);
}

/** Whether the port is ccb's own or free. */
export async function checkPort(context: Context, address: string, answer: Answer): Promise<readonly Finding[]> {
  const { words, config } = context;
  const { doctor } = words;
  switch (answer.kind) {
    case "ccb": {
      const theirs = answer.health?.version ?? null;
      return theirs === null || theirs === VERSION
        ? [found("port", "ok", doctor.portOurs({ address, version: theirs }))]
        : [found("port", "warning", doctor.portOtherVersion({ address, theirs, ours: VERSION }), doctor.restart)];
    }
    case "nobody":
      return [await judgeFree(context)];
    case "silent":
      return [found("port", "problem", doctor.portSilent({ address, seconds: CHECK_SECONDS }), doctor.portSilentMend)];
    case "stranger": {
      const { port, tls } = config.settings;
      return tls === null
        ? [found("port", "problem", doctor.portTaken({ address }), doctor.portTakenMend({ port }))]
        : [found("port", "problem", answer.error.say(words), doctor.serverMend)];
    }
  }
}
