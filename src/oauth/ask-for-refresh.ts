// Asks the token endpoint for new tokens (RFC 6749 §6), with the few quick tries that a lost connection is worth.
import { CcbError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { postJson } from "./client.ts";
import type { EndpointDeps, OAuthClient } from "./client.ts";
import { isRefusal, processTokenReply, toRefreshRequest } from "./endpoint.ts";
import type { TokenRefusal, TokenReply } from "./endpoint.ts";

/** Pauses before the further tries: facts A, row "5xx, network, timeout", milliseconds. */
const QUICK_RETRIES_MS = [500, 1_000];

interface AskDeps extends EndpointDeps {
  readonly client: OAuthClient;
}

type Answer = TokenReply | TokenRefusal | CcbError;

/** One try. `final`: another one would not change the answer. */
async function tryOnce(deps: AskDeps, refresh: Secret): Promise<{ reply: Answer; final: boolean }> {
  try {
    const sent = await postJson(deps, deps.client.token_url, toRefreshRequest(deps.client, refresh));
    const reply = processTokenReply(sent, deps.clock.now());
    const transient = isRefusal(reply) && reply.refusal === "unavailable" && reply.retryAfterSeconds === null;
    return { reply, final: !transient };
  } catch (error) {
    const reply =
      error instanceof CcbError ? error : new CcbError("internal", (words) => words.http.internal, { cause: error });
    return { reply, final: false };
  }
}

/** The answer to a refresh request. Transient failures are tried again twice, shortly, unless ccb is `stopping`. */
export async function askForRefresh(deps: AskDeps, refresh: Secret, stopping: () => boolean): Promise<Answer> {
  let { reply, final } = await tryOnce(deps, refresh);
  for (const wait of QUICK_RETRIES_MS) {
    if (final || stopping()) break;
    await new Promise<void>((resolve) => void deps.clock.after(wait, resolve));
    if (!stopping()) ({ reply, final } = await tryOnce(deps, refresh));
  }
  return reply;
}
