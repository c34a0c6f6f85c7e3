// The compiled program with two accounts, signed in through its own HTTP API.
import { startCcb, type Ccb, type ConfigPieces } from "../test/support/binary.ts";
import type { Child } from "./child.ts";

const ACCOUNTS = ["one@example.com", "two@example.com"];

/** Its configuration: one provider, tokens in memory only, no log lines per request. */
export const ccbConfig = (upstream: string): ConfigPieces => ({
  upstream,
  oauth: { authorizeUrl: `${upstream}/oauth/authorize`, tokenUrl: `${upstream}/v1/oauth/token` },
  settings: { log_level: "WARNING", oauth: { enable_persistence: false } },
});

async function signIn(ccb: Ccb, email: string): Promise<void> {
  const begun = await ccb.request("/oauth/generate-url");
  if (!begun.ok) throw new Error(`GET /oauth/generate-url: ${begun.status} ${await begun.text()}`);
  const { state }: { readonly state: string } = JSON.parse(await begun.text());
  const done = await ccb.request("/oauth/exchange-code", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: `${email}#${state}`, account_email: email }),
  });
  if (!done.ok) throw new Error(`POST /oauth/exchange-code: ${done.status} ${await done.text()}`);
}

/** Starts it and signs both accounts in. */
export async function startSignedInCcb(upstream: string, binary?: string): Promise<Child> {
  const ccb = await startCcb({
    config: ccbConfig(upstream),
    ...(binary === undefined ? {} : { binary }),
  });
  try {
    for (const email of ACCOUNTS) await signIn(ccb, email);
  } catch (cause) {
    await ccb[Symbol.asyncDispose]();
    throw cause;
  }
  return {
    url: ccb.url,
    pid: ccb.pid,
    stop: async () => {
      await ccb[Symbol.asyncDispose]();
    },
  };
}
