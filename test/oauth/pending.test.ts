// Logins that wait for their code.
import { expect, test } from "bun:test";
import { Secret } from "../../src/core/secret.ts";
import { CcbError } from "../../src/core/errors.ts";
import { createPendingLogins } from "../../src/oauth/pending.ts";
import type { PendingLogins } from "../../src/oauth/pending.ts";
import { createTestClock } from "../support/clock.ts";
import { checkAuthorizationUrl, CLIENT_ID } from "../support/oauth-page.ts";
import { createTestRandom } from "../support/random.ts";

const client = {
  client_id: CLIENT_ID,
  authorize_url: "https://claude.ai/oauth/authorize",
  token_url: "https://platform.claude.com/v1/oauth/token",
  redirect_uri: "https://platform.claude.com/oauth/code/callback",
  scopes: "user:profile user:inference",
};
const MINUTE = 60_000;
const CODE = new Secret("CODE");

function make() {
  const clock = createTestClock();
  return { clock, pending: createPendingLogins(client, clock, createTestRandom()) };
}

function codeOfMatch(pending: PendingLogins, state: string | null): string {
  try {
    pending.match(state, CODE);
    return "none";
  } catch (error) {
    return error instanceof CcbError ? error.code : String(error);
  }
}

test("the address has every item of the facts' table, in its order, and no verifier", () => {
  const login = make().pending.create();
  expect([...new URL(login.url).searchParams.keys()]).toEqual([
    "code",
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "state",
  ]);
  expect(checkAuthorizationUrl(login.url, client.authorize_url)).toMatchObject({
    state: login.state,
    scope: client.scopes,
  });
  expect(login.url).not.toContain(login.verifier.reveal());
});

test("several wait side by side, each found by its state; a bare code belongs to the newest", () => {
  const { pending } = make();
  const [first, second, third] = [pending.create(), pending.create(), pending.create()];
  for (const login of [second, first, third]) expect(pending.match(login.state, CODE)).toBe(login);
  expect(pending.match(null, CODE)).toBe(third);
});

test("single use: what was removed is unknown", () => {
  const { pending } = make();
  const [first, second] = [pending.create(), pending.create()];
  pending.remove(second);
  expect(codeOfMatch(pending, second.state)).toBe("login_state_unknown");
  expect(pending.match(null, CODE)).toBe(first);
});

test("nothing waits, or nobody knows the state", () => {
  const { pending } = make();
  expect(codeOfMatch(pending, null)).toBe("login_state_unknown");
  pending.create();
  expect(codeOfMatch(pending, "someone else's")).toBe("login_state_unknown");
  expect(codeOfMatch(pending, "__proto__")).toBe("login_state_unknown");
});

test("ten minutes, also when the machine slept through them", async () => {
  const { clock, pending } = make();
  const login = pending.create();
  await clock.advance(10 * MINUTE - 1);
  expect(codeOfMatch(pending, login.state)).toBe("none");
  await clock.advance(1);
  expect(codeOfMatch(pending, login.state)).toBe("login_state_unknown");
  const other = pending.create();
  clock.sleep(10 * MINUTE);
  expect(codeOfMatch(pending, other.state)).toBe("login_state_unknown");
});

test("one whose exchange is under way is in progress, and does not expire under it", async () => {
  const { clock, pending } = make();
  const login = pending.create();
  login.busy = true;
  expect(codeOfMatch(pending, login.state)).toBe("login_in_progress");
  expect(codeOfMatch(pending, null)).toBe("login_in_progress");
  await clock.advance(11 * MINUTE);
  expect(codeOfMatch(pending, login.state)).toBe("login_in_progress");
});

test("the 33rd pushes out the oldest", () => {
  const { pending } = make();
  const logins = Array.from({ length: 33 }, () => pending.create());
  expect(logins.map(({ state }) => codeOfMatch(pending, state)).filter((code) => code === "none").length).toBe(32);
  expect(codeOfMatch(pending, logins[0]?.state ?? "")).toBe("login_state_unknown");
  expect(new Set(logins.map(({ state }) => state)).size).toBe(33);
});

test("requests share the newest while two minutes of it remain", async () => {
  const { clock, pending } = make();
  const first = pending.shared();
  await clock.advance(8 * MINUTE);
  expect(pending.shared()).toBe(first);
  await clock.advance(1);
  const second = pending.shared();
  expect(second).not.toBe(first);
  // The older one is still good for whoever has it open.
  expect(pending.match(first.state, CODE)).toBe(first);
  const asked = pending.create();
  expect(pending.shared()).toBe(asked);
});

test("one that has taken its code and waits for an email is not shown to others, and is found by that code", () => {
  const { pending } = make();
  const waiting = pending.create();
  const reply = {
    access: CODE,
    refresh: null,
    expiresIn: 1,
    scopes: null,
    accountUuid: null,
    email: null,
    organizationUuid: null,
    organizationName: null,
  };
  waiting.taken = { code: CODE, reply };
  const shown = pending.shared();
  expect(shown).not.toBe(waiting);
  expect(pending.match(null, CODE)).toBe(waiting);
  expect(pending.match(null, new Secret("OTHER"))).toBe(shown);
});
