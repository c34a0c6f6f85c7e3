// What the token endpoint may answer: a typed value or a refusal, nothing of it shown, and no refresh token lost.
import { inspect } from "node:util";
import * as fc from "fast-check";
import { CcbError } from "../../src/core/errors.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { Secret } from "../../src/core/secret.ts";
import { en } from "../../src/core/words/en.ts";
import { zhCN } from "../../src/core/words/zh-cn.ts";
import { postJson } from "../../src/oauth/client.ts";
import type { EndpointReply } from "../../src/oauth/client.ts";
import { isRefusal, processTokenReply, toError } from "../../src/oauth/endpoint.ts";
import { toTokens } from "../../src/oauth/identity.ts";
import { must, subject } from "./_fuzz.ts";
import { cutAt, cuts, edits, mutateBytes } from "./_mutate.ts";

const fuzz = subject("token endpoint replies");

const NOW = Date.UTC(2026, 0, 15, 12);
const ACCESS = "sk-ant-oat01-access-0123456789abcdef";
const REFRESH = "sk-ant-ort01-refresh-0123456789abcdef";
const OLD = {
  access: new Secret("sk-ant-oat01-old"),
  refresh: new Secret("sk-ant-ort01-old"),
  expiresAt: NOW,
  obtainedAt: NOW - 1,
  scopes: ["user:profile"],
  rotation: 3,
};

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    0,
    -1,
    1.5,
    1e300,
    true,
    false,
    "",
    " ",
    "x",
    [],
    {},
    [[]],
    "\u0000",
    "a\r\nx-evil: 1",
    "é",
    "\ud800",
    "x".repeat(20_000),
    { uuid: 7 },
    { uuid: "" },
    { name: "(\n)" },
    { email_address: "no address" },
    { email_address: "a@b\r\nc" },
    { type: 1 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const field = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: good }, { weight: 2, arbitrary: junk });
const person = fc.record(
  { uuid: field(fc.constant("acc-1")), email_address: field(fc.constantFrom("me@example.com", "é@例.example")) },
  { requiredKeys: [] },
);
const organization = fc.record(
  { uuid: field(fc.constant("org-1")), name: field(fc.constantFrom("Example", " A (B)\n", "公司")) },
  { requiredKeys: [] },
);
/** All that is said beside the tokens, right or wrong. */
const beside = fc.record(
  {
    expires_in: field(fc.constantFrom(28_800, 0, 1)),
    scope: field(fc.constantFrom("user:profile user:inference", "a")),
    account: field(person),
    organization: field(organization),
    token_uuid: junk,
    error: junk,
    error_description: junk,
    __proto__: fc.constant({ refresh_token: "inherited" }),
    refresh_token_expires_in: junk,
  },
  { requiredKeys: [] },
);
/** RFC 6749 appendix A.17: a refresh token is made of VSCHAR, and VSCHAR begins with the blank. */
const refreshToken = fc.oneof(
  { weight: 4, arbitrary: fc.constant(REFRESH) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 60,
    }),
  },
  { weight: 1, arbitrary: fc.nat({ max: 30_000 }).map((length) => REFRESH.padEnd(length, "x")) },
);
/** `undefined`: not there. Whatever is no text says nothing. */
const bearer = fc.constantFrom<unknown>("Bearer", "bearer", "BEARER", undefined, null, 7, {}, "");

/** How a JSON text may look on its way and still be the same. */
const dress = fc.record({
  before: fc.constantFrom("", "", "", "\ufeff", " ", "\r\n"),
  after: fc.constantFrom("", "", "\n", " \t"),
  indent: fc.constantFrom(0, 0, 2),
  escaped: fc.boolean(),
});
function dressed(
  body: unknown,
  { before, after, indent, escaped }: { before: string; after: string; indent: number; escaped: boolean },
): string {
  const text = JSON.stringify(body, null, indent) ?? "null";
  const ascii = escaped
    ? text.replaceAll(/[^\x20-\x7e\n]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
    : text;
  return before + ascii + after;
}

/** The reply as the endpoint's client reads it off the wire, in the pieces it came in; null: it gave up, as documented. */
async function received(
  status: number,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Headers,
  pieces: readonly Uint8Array<ArrayBuffer>[],
): Promise<EndpointReply | null> {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece);
      controller.close();
    },
  });
  const fetch: Fetch = async () => new Response([204, 205, 304].includes(status) ? null : stream, { status, headers });
  const clock = { now: () => NOW, monotonic: () => 0, after: () => () => {}, turn: async () => {} };
  const deps = { fetch, clock, route: () => ({ proxy: false as const }) };
  try {
    return await postJson(deps, "https://platform.claude.com/v1/oauth/token", { refresh_token: OLD.refresh.reveal() });
  } catch (error) {
    must(error instanceof CcbError && error.code === "oauth_unavailable", "another error", error);
    must(bytes.length > 256 * 1024, "it gave up on a short reply", bytes.length);
    return null;
  }
}

const success = fc.record({
  refresh: fc.option(refreshToken, { nil: null }),
  type: bearer,
  beside,
  dress,
  cuts,
  status: fc.constantFrom(200, 200, 200, 201, 203),
});

fuzz("a reply with tokens in it: both are kept, whatever else is wrong with it", {
  values: success,
  reaches: { "a refresh token": 0.5, "none: the old one stays": 0.1 },
  async check({ refresh, type, beside, dress, cuts, status }, reach) {
    const body = {
      ...beside,
      token_type: type,
      access_token: ACCESS,
      ...(refresh === null ? {} : { refresh_token: refresh }),
    };
    const bytes = new Uint8Array(Buffer.from(dressed(body, dress)));
    const reply = await received(
      status,
      bytes,
      new Headers({ "content-type": "application/json" }),
      cutAt(bytes, cuts.length > 20 ? [] : cuts),
    );
    must(reply !== null, "no reply");
    const processed = processTokenReply(reply, NOW);
    must(!isRefusal(processed), "the tokens were dropped", processed, reply.text.slice(0, 300));
    const tokens = toTokens(processed, OLD, ["asked"], NOW);
    must(tokens.access.reveal() === ACCESS, "another access token");
    must(tokens.refresh?.reveal() === (refresh ?? OLD.refresh.reveal()), "another refresh token", refresh);
    must(tokens.rotation === Math.floor(NOW / 1000), "rotation", tokens.rotation);
    must(
      Number.isFinite(tokens.expiresAt) && tokens.expiresAt >= NOW && tokens.expiresAt <= NOW + 10 * 365 * 86_400_000,
      "expires",
      tokens.expiresAt,
    );
    must(
      tokens.scopes.every((scope) => scope !== "" && !scope.includes(" ")),
      "scopes",
      tokens.scopes,
    );
    const { email, organizationName, accountUuid, organizationUuid } = processed;
    for (const text of [email, organizationName])
      must(
        // oxlint-disable-next-line no-control-regex
        text === null || (text !== "" && !/[\u0000-\u001f\u007f]/.test(text)),
        "a name with control characters",
        text,
      );
    for (const text of [accountUuid, organizationUuid]) must(text === null || text !== "", "an empty id");
    const shown = inspect(processed, { depth: 8, showHidden: true }) + JSON.stringify(processed);
    must(!shown.includes(ACCESS) && !shown.includes(REFRESH), "a token shows itself", shown);
    reach(refresh === null ? "none: the old one stays" : "a refresh token");
  },
});

const errorField = fc.oneof(
  fc.constantFrom<unknown>(
    "invalid_grant",
    "invalid_scope",
    "invalid_client",
    "server_error",
    "temporarily_unavailable",
    REFRESH,
    `the code ${ACCESS} is bad`,
    { type: "rate_limit_error", message: REFRESH },
    { type: "invalid_grant" },
    { type: ACCESS },
  ),
  junk,
);
const TOKENS = [
  '"',
  "{",
  "}",
  ":",
  ",",
  "null",
  '"refresh_token"',
  '"error"',
  "\\u",
  "\u00ef\u00bb\u00bf",
  "\u00ff\u00fe",
  "\u0000",
  "[",
  "<html>",
  "\u001f\u008b",
];
const anyBody = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      { error: "invalid_grant", error_description: REFRESH },
      { error: { type: "invalid_grant" } },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        error: errorField,
        error_description: fc.constantFrom<unknown>(REFRESH, ACCESS, null),
        refresh_token: fc.constantFrom<unknown>(REFRESH, null, 7),
        access_token: fc.constantFrom<unknown>(ACCESS, null, `${ACCESS}\r\n`),
        token_type: fc.constantFrom<unknown>("Bearer", "mac", null),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: junk },
);
const anyBytes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(anyBody, dress).map(([body, how]) => new Uint8Array(Buffer.from(dressed(body, how)))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(anyBody, dress, edits(TOKENS))
      .map(([body, how, list]) => mutateBytes(Buffer.from(dressed(body, how)), list)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(`<!DOCTYPE html><title>Just a moment...</title>${REFRESH}`, "", REFRESH, "null")
      .map((text) => new Uint8Array(Buffer.from(text))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => new Uint8Array(bytes)) },
);
const status = fc.oneof(
  fc.constantFrom(200, 200, 400, 400, 401, 403, 429, 500, 503, 529, 302, 404),
  fc.integer({ min: 200, max: 599 }),
);
const retryAfter = fc.constantFrom(
  "7",
  "0",
  "-1",
  "99999999999",
  "Thu, 15 Jan 2026 12:02:00 GMT",
  "Thu, 15 Jan 1970 12:02:00 GMT",
  "soon",
  "1e9",
  "",
);
const REFUSALS = {
  invalid_grant: 0.05,
  rate_limited: 0.03,
  blocked: 0.01,
  refused: 0.1,
  unavailable: 0.1,
  invalid_reply: 0.05,
  tokens: 0.01,
};

fuzz("any bytes under any status: tokens or a refusal with a meaning, and words that repeat nothing", {
  values: fc.record({
    status,
    bytes: anyBytes,
    type: fc.constantFrom("application/json", "text/html; charset=utf-8", ""),
    retry: fc.option(retryAfter, { nil: null }),
    challenge: fc.integer({ min: 0, max: 9 }),
  }),
  reaches: REFUSALS,
  async check({ status, bytes, type, retry, challenge }, reach) {
    const headers = new Headers({ "content-type": type });
    if (retry !== null) headers.set("retry-after", retry);
    if (challenge === 0) headers.set("cf-mitigated", "challenge");
    const reply = await received(status, bytes, headers, [bytes]);
    if (reply === null) return;
    const processed = processTokenReply(reply, NOW);
    if (!isRefusal(processed)) {
      must(status >= 200 && status < 300, "tokens under such a status", status);
      must(/^[\x21-\x7e]+$/.test(processed.access.reveal()), "a token that no header can carry");
      reach("tokens");
      return;
    }
    must(Object.hasOwn(REFUSALS, processed.refusal), "a refusal that nobody knows", processed);
    reach(processed.refusal);
    const { retryAfterSeconds } = processed;
    must(
      retryAfterSeconds === null ||
        (Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 0 && retryAfterSeconds <= 86_400),
      "retry-after",
      retryAfterSeconds,
    );
    const error = toError(processed);
    const shown = [
      JSON.stringify(processed),
      inspect(error, { depth: 8, showHidden: true }),
      error.say(en),
      error.say(zhCN),
    ].join("\n");
    must(!/sk-ant-(?!…)/.test(shown), "it repeats a token", shown);
    must(!shown.includes("undefined</") && error.say(en) !== "" && error.say(zhCN) !== "", "no words", shown);
  },
});
