// One notice to the webhook: a POST of JSON that is not redirected and is given up after five seconds.
import { codeOf } from "../core/errors.ts";
import type { Clock, Fetch, FetchInit } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import { USER_AGENT, VERSION } from "../core/version.ts";
import type { Notice } from "./condition.ts";
import type { Delivery } from "./outbox.ts";

const TIMEOUT_MS = 5_000;

export interface WebhookDeps {
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, "after">;
  /** Proxy and authorities for an address. */
  readonly route: (url: string) => Pick<FetchInit, "proxy" | "tls">;
}

/** Discord refuses more than 2,000 characters. */
const LONGEST_TEXT = 1_900;

/** Slack reads `<!channel>` and its like, and asks for these three to be escaped. */
const escapeForSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The body. `text` is what Slack shows, `content` what Discord does; an upstream's own words may be in both. */
export function toPayload({ event, status, account, window, message, at }: Notice): string {
  return JSON.stringify({
    event,
    status,
    account: account?.id ?? null,
    account_email: account?.name ?? null,
    window: window?.name ?? null,
    utilization: window?.utilization ?? null,
    resets_at: window === null || window.resetsAt === null ? null : Math.ceil(window.resetsAt / 1000),
    message,
    text: escapeForSlack(message.slice(0, LONGEST_TEXT)),
    content: message.slice(0, LONGEST_TEXT),
    allowed_mentions: { parse: [] },
    at: Math.floor(at / 1000),
    ccb: VERSION,
  });
}

/** Sends a notice. Never rejects; a failure is told by a code, as the address may hold a secret. */
export async function postNotice(
  { fetch, clock, route }: WebhookDeps,
  webhook: Secret,
  notice: Notice,
  stopped: AbortSignal,
): Promise<Delivery> {
  const late = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => late.abort());
  try {
    const response = await fetch(webhook.reveal(), {
      method: "POST",
      headers: new Headers({ "content-type": "application/json", "user-agent": USER_AGENT }),
      body: toPayload(notice),
      // Whoever answers may not choose where an email goes.
      redirect: "manual",
      signal: AbortSignal.any([late.signal, stopped]),
      // Days may pass until the next one.
      keepalive: false,
      ...route(webhook.reveal()),
    });
    // Nobody reads it, however long it is.
    response.body?.cancel().catch(() => {});
    const { status } = response;
    if (status >= 200 && status < 300) return { ok: true };
    return { ok: false, code: `http_${status}`, again: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    return { ok: false, code: late.signal.aborted ? "timeout" : codeOf(error), again: true };
  } finally {
    cancel();
  }
}
