// One request by the way that Claude Code takes: its base URL, its proxy, its authorities.
import { readFile } from "node:fs/promises";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { builtin } from "../../core/builtin.ts";
import { codeOf } from "../../core/errors.ts";
import type { FetchInit } from "../../core/ports.ts";
import { USER_AGENT } from "../../core/version.ts";
import { AliveSchema, HealthSchema } from "../../http/service.ts";
import { notSent } from "../../relay/attempt.ts";
import { urlOf } from "../listen.ts";
import { judgeBaseUrl } from "./base-url.ts";
import { CHECK_MS } from "./bounded.ts";
import type { ClientEnvironment } from "./claude-settings.ts";
import { clientProxy } from "./client-proxy.ts";
import type { Context } from "./context.ts";
import { shownProxy } from "./destinations.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";
import type { Answer } from "./server.ts";

async function trust(client: ClientEnvironment): Promise<Pick<FetchInit, "tls">> {
  const file = client.get("NODE_EXTRA_CA_CERTS")?.value;
  const text = file === undefined ? null : await readFile(file, "utf8").catch(() => null);
  return text === null ? {} : { tls: { ca: [...builtin.tls().rootCertificates, text] } };
}

/** Whether an answer can only be ccb's own. */
async function isCcb(response: Response): Promise<boolean> {
  if (response.headers.has("x-ccb-error")) return true;
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    return response.ok && Value.Check(Type.Union([HealthSchema, AliveSchema]), value);
  } catch {
    return false;
  }
}

/** Sends GET /health so, within 5 s. `client`: the environment of Claude Code. */
export async function checkClientPath(
  { config, words, fetch, clock }: Context,
  client: ClientEnvironment,
  asked: Promise<Answer>,
): Promise<readonly Finding[]> {
  const { doctor } = words;
  const set = client.get("ANTHROPIC_BASE_URL") !== undefined;
  const text = urlOf(config.settings);
  // Where it is not set, `ccb run` sets it, and sees to NO_PROXY.
  const url = set ? judgeBaseUrl(client, config, words).url : text === null ? null : new URL(text);
  if (url === null) return [found("client_path", "warning", doctor.pathElsewhere, doctor.pathMend)];
  if ((await asked).kind !== "ccb") return [found("client_path", "warning", doctor.pathNotTried, doctor.start)];
  const through = set ? clientProxy(client, url)?.address : undefined;
  const address = through === undefined || through.includes("://") ? through : `http://${through}`;
  const proxy = address === undefined ? null : (shownProxy(address) ?? doctor.proxyUnreadable);
  const said = { url: url.origin, proxy };
  const abort = new AbortController();
  const cancel = clock.after(CHECK_MS, () => abort.abort());
  try {
    const response = await fetch(`${url.origin}/health`, {
      headers: new Headers({ accept: "application/json", "user-agent": USER_AGENT }),
      signal: abort.signal,
      redirect: "manual",
      keepalive: false,
      timeout: false,
      proxy: address ?? false,
      ...(await trust(client)),
    });
    return (await isCcb(response))
      ? [found("client_path", "ok", doctor.pathGood(said))]
      : [found("client_path", "problem", doctor.pathStranger({ ...said, status: response.status }), doctor.pathMend)];
  } catch (error) {
    const code = abort.signal.aborted ? "5 s" : codeOf(error);
    const { tls } = config.settings;
    const advice = tls !== null && notSent(code) === "tls" ? doctor.pathTls({ file: tls.cert }) : doctor.pathMend;
    return [found("client_path", "problem", doctor.pathFailed({ ...said, code }), advice)];
  } finally {
    cancel();
  }
}
