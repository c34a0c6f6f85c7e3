// The binary as most tests want it: one provider with a key or with accounts, nothing kept, nothing of the machine's own user.
import { startCcb, type Ccb, type CcbOptions, type ConfigPieces } from "../support/binary.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import type { Identity } from "../support/upstream.ts";

export const KEY = "sk-ant-api03-a-key-of-the-test-0123456789";

/** A provider signed by a literal key. */
export const keyed = (baseUrl: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name: "Keyed",
  type: "anthropic",
  base_url: baseUrl,
  auth_type: "api_key",
  auth_value: KEY,
  enabled: true,
  ...more,
});

interface Extra extends Omit<CcbOptions, "config"> {
  /** Merged over `enable_persistence: false`. */
  readonly settings?: NonNullable<ConfigPieces["settings"]>;
  readonly providers?: readonly unknown[];
}

/** The keyring is never touched in these tests. */
const inMemory = (settings: Extra["settings"] = {}) => ({
  ...settings,
  oauth: { enable_persistence: false, ...settings.oauth },
});

/** ccb in front of one upstream, signing with a key. */
export async function startKeyed(upstreamUrl: string, { settings, providers, ...options }: Extra = {}): Promise<Ccb> {
  return await startCcb({
    ...options,
    config: { providers: providers ?? [keyed(upstreamUrl)], settings: inMemory(settings) },
  });
}

/** ccb in front of one upstream, signing with accounts of `oauth`. */
export async function startOAuth(
  upstreamUrl: string,
  oauth: OAuthServer,
  { settings, providers, ...options }: Extra = {},
): Promise<Ccb> {
  const which = providers === undefined ? { upstream: upstreamUrl } : { providers };
  return await startCcb({ ...options, config: { ...which, oauth, settings: inMemory(settings) } });
}

/** JSON text as what the test knows it to be; the assertions after it say whether that was so. */
export function parsed<T>(text: string): T {
  const value: T = JSON.parse(text);
  return value;
}

/** A reply's JSON. */
export const jsonOf = async <T>(reply: Response): Promise<T> => parsed<T>(await reply.text());

/** Signs a person in through ccb's own endpoints. */
export async function signIn(ccb: Ccb, oauth: OAuthServer, person: Identity): Promise<void> {
  const asked = await jsonOf<{ login_url: string }>(await ccb.request("/oauth/generate-url"));
  const { pasted } = oauth.authorize(asked.login_url, person);
  const reply = await ccb.request("/oauth/exchange-code", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: pasted }),
  });
  if (reply.status !== 200) throw new Error(`sign-in failed: ${reply.status} ${await reply.text()}`);
}

/** The smallest request that Claude Code would send. */
export const messagesRequest = (
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): BunFetchRequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
  body: JSON.stringify({
    model: "claude-opus-5",
    max_tokens: 100,
    messages: [{ role: "user", content: "hi" }],
    ...more,
  }),
});

/** The envelope of ccb's own errors. */
export interface Envelope {
  readonly type: "error";
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
}

/** The status and the envelope of a reply, which must be one of ccb's own errors. */
export async function envelopeOf(reply: Response): Promise<{ readonly status: number } & Envelope["error"]> {
  const body = await jsonOf<Envelope>(reply);
  if (body.type !== "error" || !body.request_id) throw new Error(`not an envelope: ${JSON.stringify(body)}`);
  return { status: reply.status, ...body.error };
}

/** The request lines of the log. */
export interface RequestLogLine {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Every line that was written, parsed: a line that is not JSON throws. */
export const logLines = (ccb: Ccb): RequestLogLine[] =>
  ccb.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parsed<RequestLogLine>(line));

/** Request lines, once there are `count` of them: they leave in batches. */
export async function requestLines(ccb: Ccb, count: number): Promise<RequestLogLine[]> {
  const deadline = performance.now() + 5000;
  for (;;) {
    // The last line may be half there.
    const lines =
      ccb.stdout.endsWith("\n") || ccb.stdout === ""
        ? logLines(ccb).filter(({ message }) => message === "request")
        : [];
    if (lines.length >= count) return lines;
    if (performance.now() > deadline) throw new Error(`${lines.length} of ${count} request lines\n${ccb.stdout}`);
    await Bun.sleep(10);
  }
}

/** Forgets what the last test taught ccb of its upstream: refused keys, limits, failures. */
export async function forget(ccb: Ccb): Promise<void> {
  const reply = await ccb.request("/providers/Keyed/enable", { method: "POST" });
  if (reply.status !== 200) throw new Error(`enable: ${reply.status}`);
}
