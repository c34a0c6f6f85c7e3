// The compiled program as it comes: usage, metrics, traces and the log at INFO are on, accounts are signed in through its own HTTP API.
import { openSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  cleanEnvironment,
  configText,
  freePort,
  makeHome,
  requireBinary,
  type ConfigPieces,
} from "../test/support/binary.ts";
import { track, type Child } from "./child.ts";
import { removedAtEnd } from "./folder.ts";
import type { Keeping } from "./keeping.ts";

export interface CcbPlan {
  readonly binary: string;
  readonly upstream: string;
  /** undefined: in memory only. */
  readonly keeping: Keeping | undefined;
  /** Emails that are signed in. */
  readonly accounts: readonly string[];
  /** In place of the one provider with `auth_value: oauth`. */
  readonly providers?: readonly unknown[];
}

export const accountNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `account${index}@example.com`);

export const THREE_ACCOUNTS = accountNames(3);

let started = 0;

/** Its configuration; whatever it does not name has ccb's default. */
function configOf({ upstream, keeping, providers }: CcbPlan): ConfigPieces {
  return {
    upstream,
    oauth: { authorizeUrl: `${upstream}/oauth/authorize`, tokenUrl: `${upstream}/v1/oauth/token` },
    ...(providers === undefined ? {} : { providers }),
    settings: { oauth: keeping?.settings(`ccb-bench-${++started}`) ?? { enable_persistence: false } },
  };
}

/** A process of it that may not listen yet, in a home of its own; and when it was started (`performance.now`). */
export async function spawnCcb(plan: CcbPlan): Promise<Child & { readonly began: number }> {
  const [folder, port] = [removedAtEnd(makeHome()), await freePort()];
  const home = folder.path;
  const config = join(home, "providers.yaml");
  writeFileSync(config, configText(configOf(plan)), { mode: 0o600 });
  // A file: a pipe would have this process read along.
  const log = openSync(join(home, "ccb.log"), "w");
  const began = performance.now();
  const child = track(
    Bun.spawn([requireBinary(plan.binary), "serve", "--config", config, "--port", String(port)], {
      cwd: home,
      env: cleanEnvironment(home, plan.keeping?.env),
      stdin: "ignore",
      stdout: log,
      stderr: log,
    }),
  );
  closeSync(log);
  return {
    began,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

/** Starts it, waits until it listens, and signs all accounts in. Rejects where one of them is not kept as planned. */
export async function startCcb(plan: CcbPlan): Promise<Child> {
  const ccb = await spawnCcb(plan);
  try {
    await untilHealthy(ccb.url);
    for (const email of plan.accounts) await signIn(ccb.url, email, plan.keeping !== undefined);
  } catch (cause) {
    await ccb[Symbol.asyncDispose]();
    throw cause;
  }
  return ccb;
}

async function untilHealthy(url: string): Promise<void> {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; await Bun.sleep(10)) {
    const response = await fetch(`${url}/health`, { keepalive: false }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
  }
  throw new Error(`${url}: ccb did not listen within 15 s`);
}

/** It leaves no connection behind: while a client's is open, Bun looks every second whether it has been silent too long. */
async function signIn(url: string, email: string, durable: boolean): Promise<void> {
  const begun = await fetch(`${url}/oauth/generate-url`, { keepalive: false });
  if (!begun.ok) throw new Error(`GET /oauth/generate-url: ${begun.status} ${await begun.text()}`);
  const { state }: { readonly state: string } = JSON.parse(await begun.text());
  const done = await fetch(`${url}/oauth/exchange-code`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: `${email}#${state}`, account_email: email }),
    keepalive: false,
  });
  const text = await done.text();
  if (!done.ok) throw new Error(`POST /oauth/exchange-code: ${done.status} ${text}`);
  const kept: { readonly durable?: boolean } = JSON.parse(text);
  if (kept.durable !== durable) throw new Error(`the account ${email} is not kept as planned: ${text}`);
}
