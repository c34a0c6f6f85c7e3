// The verdict over a try at an upstream: there is one for everything, the same each time, and it keeps its own rules.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { toFields } from "../../src/provider/fields.ts";
import { coolDownMs } from "../../src/provider/backoff.ts";
import { headroom, modelRejectedUntil, parseLimits, rejectedUntil } from "../../src/provider/limits.ts";
import type { JudgeContext, Outcome } from "../../src/provider/outcome.ts";
import { decodeErrorBody, ERROR_TEXT_BYTES } from "../../src/provider/read-error.ts";
import { judge } from "../../src/provider/verdict.ts";
import type { Verdict } from "../../src/provider/verdict.ts";
import { must, subject } from "./_fuzz.ts";
import { edits, mutateBytes } from "./_mutate.ts";
import { context, EMAIL, errorText, headers, HORIZON, JSON_TOKENS, NOW, outcome } from "./_upstream.ts";

const fuzz = subject("error classification");

const ACTIONS = ["relay", "refresh", "next"];
const SCOPES = ["target", "provider", "model", "key", "count_tokens"];
const SETTINGS = { unhealthy_threshold: 2, failure_cooldown_seconds: 30 };

function assertSound(verdict: Verdict, outcome: Outcome, context: JudgeContext): void {
  must(ACTIONS.includes(verdict.action), "no action", verdict);
  must(["any", "other_provider_first", "other_provider"].includes(verdict.to), "to", verdict);
  must(["relay", "retry_here"].includes(verdict.otherwise), "otherwise", verdict);
  must([0, 1, 2, 3].includes(verdict.telling), "telling", verdict);
  must([null, "safe", "ambiguous"].includes(verdict.replay), "replay", verdict);
  must(
    verdict.action !== "refresh" || (context.target === "account" && !context.refreshed),
    "a refresh without end",
    verdict,
  );
  must(!verdict.loginRequired || context.target === "account", "nobody has to sign in", verdict);
  must(
    outcome.kind !== "error" || (verdict.action === "next" && verdict.replay !== null),
    "a failure that is relayed",
    verdict,
  );
  must(verdict.counts === !verdict.benches.some(({ official }) => official), "counts", verdict);
  const ofClient = outcome.kind === "reply" && context.target === "client" && [401, 403].includes(outcome.status);
  must(
    !ofClient || verdict.action === "relay" || verdict.reason === "credit_spent",
    "a client's own refusal is its own",
    verdict,
  );
  for (const { scope, official, until, backoff } of verdict.benches) {
    must(SCOPES.includes(scope), "scope", verdict);
    must(scope !== "model" || context.model !== null, "the model of a request that names none", verdict);
    must(scope !== "key" || context.target === "key", "no key", verdict);
    must(official === (until !== undefined), "official", verdict);
    must(until === undefined || (until > NOW && until <= NOW + HORIZON && Number.isInteger(until)), "until", verdict);
    if (backoff !== undefined) {
      for (const failures of [0, 1, 2, 50, 2_000, Number.NaN]) {
        const cool = coolDownMs(backoff, failures, SETTINGS);
        must(cool >= 0 && cool <= 300_000, "a cooldown without measure", verdict, cool);
      }
    }
  }
}

/** What people are shown: one line, short, and nothing that signs in anywhere. */
function assertShowable(said: string | null): void {
  if (said === null) return;
  must(said !== "" && said.length <= 300, "too long, or nothing", said);
  // oxlint-disable-next-line no-control-regex
  must(!/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(said), "a control character", said);
  must(!/sk-ant-\w/.test(said) && !said.includes(EMAIL), "a secret, or an address", said);
}

const REASONS = {
  served: 0.05,
  limit_announced: 0.003,
  request_refused: 0.1,
  not_reached: 0.02,
  connection_lost: 0.02,
  upstream_silent: 0.01,
  account_refused: 0.008,
  token_refused: 0.01,
  token_refused_again: 0.01,
  scope_missing: 0.001,
  key_refused: 0.005,
  credit_spent: 0.02,
  limit_reached: 0.005,
  throttled: 0.005,
  overloaded: 0.01,
  upstream_failed: 0.05,
  not_the_api: 0.05,
};

fuzz("one verdict for each outcome, the same each time, by its own rules", {
  values: fc.tuple(outcome, context, headers),
  reaches: REASONS,
  check([given, around, pairs], reach) {
    const all = new Headers();
    for (const [name, value] of pairs) all.set(name, value.replaceAll(/[^\t\x20-\xff]/g, ""));
    const outcome: Outcome = given.kind === "reply" ? { ...given, headers: all } : given;
    const full: JudgeContext = { ...around, now: NOW, limits: parseLimits(toFields(all), NOW) };
    const verdict = judge(outcome, full);
    must(
      Bun.deepEquals(judge(outcome, { ...full, limits: parseLimits(toFields(all), NOW) }), verdict),
      "another verdict the second time",
    );
    must(Object.hasOwn(REASONS, verdict.reason), "a reason that nobody knows", verdict.reason);
    reach(verdict.reason);
    assertSound(verdict, outcome, full);
    assertShowable(verdict.said);
  },
});

fuzz("limits: numbers that make sense, times that lie ahead", {
  values: headers,
  reaches: { "a window": 0.4, "a reset": 0.2 },
  check(pairs, reach) {
    const all = new Headers();
    for (const [name, value] of pairs) all.append(name, value.replaceAll(/[^\t\x20-\xff]/g, ""));
    const report = parseLimits(toFields(all), NOW);
    const ahead = (at: number | null): boolean =>
      at === null || (Number.isInteger(at) && at > NOW && at <= NOW + HORIZON);
    if (report.windows.length > 0) reach("a window");
    if (report.windows.some(({ resetAt }) => resetAt !== null)) reach("a reset");
    must(report.windows.length <= 64 + 1, "too many windows", report.windows.length);
    for (const { resetAt, utilization } of report.windows) {
      must(ahead(resetAt), "reset", resetAt);
      must(utilization === null || (utilization >= 0 && utilization <= 10), "utilization", utilization);
    }
    must(ahead(report.retryAt) && ahead(rejectedUntil(report)) && ahead(modelRejectedUntil(report)), "until", report);
    const room = headroom(report);
    must(room === null || (room >= 0 && room <= 1), "headroom", room);
  },
});

const PACK = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  deflate: deflateSync,
  " Deflate": deflateRawSync,
  identity: (bytes: Uint8Array) => bytes,
} as const;
const coding = fc.constantFrom<keyof typeof PACK>("gzip", "x-gzip", "br", "zstd", "deflate", " Deflate", "identity");

fuzz("error bodies, packed, cut off or broken: the text, its beginning, or nothing", {
  values: fc.tuple(
    errorText.map((text) => text.toWellFormed()),
    fc.array(coding, { maxLength: 3 }),
    fc.oneof(fc.constant(null), edits(JSON_TOKENS, 2)),
  ),
  reaches: { whole: 0.3, damaged: 0.3 },
  check([text, codings, list], reach) {
    const packed = codings.reduce<Uint8Array>((bytes, name) => PACK[name](bytes), Buffer.from(text));
    if (list === null) {
      const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
      must(decodeErrorBody(packed, codings.join(",")) === plain, "another text", codings, text);
      reach("whole");
    } else {
      const read = decodeErrorBody(mutateBytes(packed, list), codings.join(", "));
      must(Buffer.byteLength(read) <= 3 * ERROR_TEXT_BYTES, "too much", read.length);
      reach("damaged");
    }
  },
});
