// What of a client's headers reaches an upstream: all that is end to end, signed, and never a key of ccb's own.
import * as fc from "fast-check";
import { Secret } from "../../src/core/secret.ts";
import { USER_AGENT } from "../../src/core/version.ts";
import { endToEnd } from "../../src/provider/hop-by-hop.ts";
import { carriesClaudeToken, toUpstreamHeaders } from "../../src/provider/prepare.ts";
import type { Signature } from "../../src/provider/prepare.ts";
import { must, subject } from "./_fuzz.ts";

const fuzz = subject("header merge");

const TOKEN = "!#$%&'*+.^_`|~0123456789-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** RFC 9110 §7.6.1 with the old ones, and what ends at ccb for reasons of its own. */
const ENDS_HERE = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "content-length",
  "expect",
  "x-ccb-key",
];
const CREDENTIALS = ["authorization", "x-api-key"];
const MINE = "ccb_client_key_0123456789abcdefghijklmnopq";
const TOKEN_OF_ACCOUNT = "sk-ant-oat01-of-an-account-0123456789";
const KEY_OF_PROVIDER = "sk-ant-api03-of-a-provider-0123456789";
const BETA = "oauth-2025-04-20";

const anyCase = (name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(name, fc.nat({ max: 0xffff })).map(([text, which]) =>
    text
      .split("")
      .map((letter, index) => ((which >> (index % 16)) & 1 ? letter.toUpperCase() : letter))
      .join(""),
  );
const ownName = fc.string({ unit: fc.constantFrom(...TOKEN.split("")), minLength: 1, maxLength: 12 });
const name = anyCase(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...ENDS_HERE) },
    { weight: 2, arbitrary: fc.constantFrom(...CREDENTIALS, "anthropic-beta", "user-agent", "origin") },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        "anthropic-version",
        "x-app",
        "cookie",
        "accept-encoding",
        "content-type",
        "x-one",
        "x-two",
        "x-claude-code-session-id",
        "x-ccb-request-id",
        "x-forwarded-for",
      ),
    },
    { weight: 2, arbitrary: ownName },
  ),
);
const named = fc.oneof(
  { weight: 4, arbitrary: name },
  fc.constantFrom("", "close", "keep-alive", "x-one;q=1", '"x-two"', "x one", "中", "x-one\tx-two", "*"),
);
const value = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom(`Bearer ${MINE}`, MINE, "Bearer sk-ant-oat01-client", "sk-ant-api03-client"),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(named, { maxLength: 4 })
      .chain((list) => fc.constantFrom(",", ", ", " ,\t").map((comma) => list.join(comma))),
  },
  { weight: 1, arbitrary: fc.constantFrom(BETA, `a-1, ${BETA}`, `${BETA}-dev`, "a-1,b-2", " ", ",", `x${BETA}`) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
      maxLength: 20,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("a\r\nx-evil: 1", "a\nb", "a\rb", "a\u0000b", "\r\n\r\nGET / HTTP/1.1", "a\r\n b"),
  },
);
/** A `Connection` that names some of the headers beside it, and others. */
const pairs = fc
  .tuple(fc.array(fc.tuple(name, value), { maxLength: 12 }), fc.nat({ max: 0xffff }), fc.array(named, { maxLength: 2 }))
  .map(([list, which, others]): [string, string][] => {
    if (which % 2 === 0) return list;
    const some = list.flatMap(([name], index) => ((which >> (index % 15)) & 2 ? [name] : []));
    return [
      ...list,
      ["Connection", [...others.filter((other) => !other.includes("中")), ...some].join(which % 3 === 0 ? "," : " , ")],
    ];
  });

const signature = fc.constantFrom<Signature>(
  { kind: "oauth", token: new Secret(TOKEN_OF_ACCOUNT) },
  { kind: "key", key: new Secret(KEY_OF_PROVIDER), header: "api_key" },
  { kind: "key", key: new Secret(KEY_OF_PROVIDER), header: "auth_token" },
  { kind: "key", key: new Secret(TOKEN_OF_ACCOUNT), header: "api_key" },
  { kind: "client" },
);

/** The headers that can be made of it, as a server's parser or `fetch` would; a line end in one is refused there. */
function toHeaders(list: readonly (readonly [string, string])[], refused: () => void): Headers {
  const headers = new Headers();
  for (const [name, value] of list) {
    try {
      headers.append(name, value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      refused();
    }
  }
  return headers;
}

/** By the letter of RFC 9110 §7.6.1: each option of `Connection` that is a name. */
const namedBy = (headers: Headers): ReadonlySet<string> =>
  new Set(
    (headers.get("connection") ?? "")
      .split(",")
      .map((option) => option.replaceAll(/^[ \t]+|[ \t]+$/g, "").toLowerCase())
      .filter((option) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(option)),
  );

function assertSigned(client: Headers, sent: Headers, signature: Signature): void {
  if (signature.kind === "client") {
    for (const name of CREDENTIALS)
      if (sent.has(name)) must(sent.get(name) === client.get(name), "the client's own credential was changed", name);
    return;
  }
  const text = signature.kind === "oauth" ? signature.token.reveal() : signature.key.reveal();
  const asBearer = text === TOKEN_OF_ACCOUNT || (signature.kind === "key" && signature.header === "auth_token");
  must(sent.get("authorization") === (asBearer ? `Bearer ${text}` : null), "authorization", sent.get("authorization"));
  must(sent.get("x-api-key") === (asBearer ? null : text), "x-api-key", sent.get("x-api-key"));
  must(text !== TOKEN_OF_ACCOUNT || !sent.has("origin"), "origin goes with a token");
}

/** What was there stays in front, byte for byte; the OAuth beta is there once a token signs, and only then by ccb. */
function assertBetas(before: string | null, after: string | null, token: boolean): void {
  if (!token) return must(before === after, "anthropic-beta changed", before, after);
  const betas = (after ?? "").split(",").map((beta) => beta.trim());
  must(betas.includes(BETA), "no OAuth beta", after);
  const had = (before ?? "").split(",").some((beta) => beta.trim() === BETA);
  const empty = (before ?? "").trim() === "";
  // Two lines, the last of them empty, end in a blank when they are one: that is no part of a value (RFC 9110 §5.5).
  const kept = before?.trimEnd() ?? null;
  must(after === (had ? kept : empty ? BETA : `${before},${BETA}`), "other betas", before, after);
}

fuzz("what is end to end stays as it is, what is not ends here, the signature is ccb's", {
  values: fc.tuple(pairs, signature),
  reaches: {
    "named by Connection": 0.1,
    "a line end refused": 0.05,
    "a credential of the client": 0.2,
    "ccb's key": 0.05,
  },
  check([list, signature], reach) {
    const client = toHeaders(list, () => reach("a line end refused"));
    const before = [...client];
    const sent = toUpstreamHeaders(client, signature);
    must(Bun.deepEquals([...client], before), "the client's own headers were changed");
    const namedByClient = namedBy(client);
    if ([...namedByClient].some((name) => client.has(name) && !ENDS_HERE.includes(name))) reach("named by Connection");
    if (CREDENTIALS.some((name) => client.has(name))) reach("a credential of the client");
    if (client.has("x-ccb-key")) reach("ccb's key");
    const token =
      signature.kind === "oauth" || (signature.kind === "key" && signature.key.reveal() === TOKEN_OF_ACCOUNT);
    const ours = new Set([
      ...(signature.kind === "client" ? [] : CREDENTIALS),
      "user-agent",
      "origin",
      "anthropic-beta",
    ]);
    for (const [name, value] of sent) {
      must(!ENDS_HERE.includes(name), "this header ends at ccb", name);
      must(!/[\r\n\0]/.test(value), "a line end within a value", name, value);
      must(ours.has(name) || !namedByClient.has(name), "Connection names it", name);
      must(ours.has(name) || client.get(name) === value, "another value", name, value);
    }
    for (const [name, value] of client) {
      if (ENDS_HERE.includes(name) || namedByClient.has(name) || ours.has(name)) continue;
      must(sent.get(name) === value, "it did not arrive", name);
    }
    const agent = namedByClient.has("user-agent") ? null : client.get("user-agent");
    must(sent.get("user-agent") === (agent ?? USER_AGENT), "user-agent", sent.get("user-agent"));
    const origin = namedByClient.has("origin") ? null : client.get("origin");
    must(token || sent.get("origin") === origin, "origin", sent.get("origin"));
    assertBetas(
      namedByClient.has("anthropic-beta") ? null : client.get("anthropic-beta"),
      sent.get("anthropic-beta"),
      token,
    );
    assertSigned(client, sent, signature);
  },
});

fuzz("a key of ccb's own never goes upstream, wherever a client may put it", {
  values: fc.tuple(
    pairs,
    anyCase(fc.constantFrom("x-ccb-key", "x-api-key", "authorization", "proxy-authorization")),
    fc.constantFrom(MINE, `Bearer ${MINE}`, `bearer  ${MINE}`, `Basic ${MINE}`, ` ${MINE} `),
    signature.filter(({ kind }) => kind !== "client"),
  ),
  check([list, name, value, signature]) {
    // Elsewhere it is a text like any other: ccb does not look for keys there.
    const others = list.filter(
      ([, text]) => !text.includes(MINE) || /^(?:x-ccb-key|x-api-key|authorization)$/.test(text),
    );
    const client = toHeaders([...others, [name, value]], () => {});
    const sent = JSON.stringify([...toUpstreamHeaders(client, signature)]);
    must(!sent.includes(MINE), "it went upstream", name, sent);
  },
});

fuzz("the headers of a reply: what is end to end arrives, with its own values", {
  values: pairs,
  reaches: { "named by Connection": 0.1 },
  check(list, reach) {
    const reply = toHeaders(list, () => {});
    const names = namedBy(reply);
    const gone = new Set(ENDS_HERE.slice(0, ENDS_HERE.indexOf("host")));
    const arrived = endToEnd(reply);
    if ([...names].some((name) => reply.has(name) && !gone.has(name))) reach("named by Connection");
    for (const [name, value] of reply)
      must(arrived.get(name) === (gone.has(name) || names.has(name) ? null : value), "another value", name, value);
    for (const [name] of arrived) must(reply.has(name), "it was not there", name);
  },
});

fuzz("a Claude token of the client is known wherever it signs", {
  values: fc.tuple(pairs, anyCase(fc.constantFrom(...CREDENTIALS)), fc.boolean()),
  check([list, name, there]) {
    const others = list.filter(([, text]) => !text.includes("sk-ant-oat"));
    const client = toHeaders(there ? [...others, [name, "Bearer sk-ant-oat01-client"]] : others, () => {});
    must(carriesClaudeToken(client) === there, "a token", there);
  },
});
