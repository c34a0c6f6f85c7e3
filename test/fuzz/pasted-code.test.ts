// What a person pastes after the sign-in: the code and the state that are there, or a refusal that repeats nothing.
import { inspect } from "node:util";
import * as fc from "fast-check";
import { CcbError } from "../../src/core/errors.ts";
import { en } from "../../src/core/words/en.ts";
import { zhCN } from "../../src/core/words/zh-cn.ts";
import { parsePastedCode } from "../../src/oauth/pasted-code.ts";
import { must, subject } from "./_fuzz.ts";
import { edits, mutateText } from "./_mutate.ts";

const fuzz = subject("pasted codes");

const VISIBLE = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index)).filter(
  (character) => character !== "#",
);
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: 16, maxLength: 48 }),
  fc.string({ unit: fc.constantFrom(...VISIBLE), minLength: 16, maxLength: 48 }),
);
const blank = fc.constantFrom("", "", " ", "\n", "\r\n", "\t ", "\u00a0", "\ufeff", "\u2028");
const host = fc.constantFrom(
  "https://platform.claude.com/oauth/code/callback",
  "http://localhost:54545/callback",
  "HTTPS://console.anthropic.com/oauth/code/callback",
  "http://[::1]:1/",
  "https://example.org",
);

interface Pasted {
  readonly text: string;
  readonly code: string;
  readonly state: string | null;
}

const parts = fc.record({ code: word, state: fc.option(word, { nil: null }), before: blank, after: blank });

/** As the page shows it: CODE, CODE#STATE. */
const plain: fc.Arbitrary<Pasted> = parts.map(({ code, state, before, after }) => ({
  text: `${before}${code}${state === null ? "" : `#${state}`}${after}`,
  code,
  state,
}));

/** The address on which the browser ended. */
const address: fc.Arbitrary<Pasted> = fc
  .record({
    parts,
    host,
    order: fc.boolean(),
    within: fc.boolean(),
    more: fc.constantFrom("", "x=1", "session_state=a%20b", "code_challenge=zzz", "a&b", "%E4%B8%AD=%F0%9F%91%8B"),
    fragment: fc.constantFrom("", "", "#", "#_=_", "#state=other"),
  })
  .map(({ parts: { code, state, before, after }, host, order, within, more, fragment }) => {
    const inCode = within && state !== null ? `${code}#${state}` : code;
    const pairs = [`code=${encodeURIComponent(inCode)}`];
    if (state !== null && !within) pairs.push(`state=${encodeURIComponent(state)}`);
    if (more !== "") pairs.push(more);
    if (order) pairs.reverse();
    return { text: `${before}${host}?${pairs.join("&")}${fragment}${after}`, code, state };
  });

const pasted = fc.oneof(plain, address);

/** Rejects everything but the documented refusal; it may show nothing of what was pasted. */
function assertRefusal(error: unknown, text: string): void {
  if (!(error instanceof CcbError)) throw error;
  must(error.code === "login_code_invalid", "another error", error.code);
  const shown = [inspect(error, { depth: 8, showHidden: true }), error.say(en), error.say(zhCN)].join("\n");
  const trimmed = text.trim();
  must(trimmed.length < 12 || !shown.includes(trimmed), "it repeats what was pasted", shown);
  for (const part of trimmed.split(/[#?&=\s]+/)) {
    must(part.length < 16 || !shown.includes(part), "it repeats a part of what was pasted", part, shown);
  }
}

fuzz("a code, with or without state, in every form it is copied in", {
  values: pasted.filter(({ text, code }) => text.trim().startsWith("http") || !/^https?:\/\//i.test(code)),
  reaches: { "with state": 0.3, "an address": 0.3 },
  check({ text, code, state }, reach) {
    const parsed = parsePastedCode(text);
    must(parsed.code.reveal() === code, "another code", text, parsed.code.reveal());
    must(parsed.state === state, "another state", text, parsed.state);
    must(!inspect(parsed.code, { showHidden: true }).includes(code), "the code shows itself");
    if (state !== null) reach("with state");
    if (/^\s*http/i.test(text)) reach("an address");
  },
});

fuzz("damaged, mixed up, anything: a code that can be sent, or the refusal", {
  values: fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          pasted,
          edits([
            "#",
            "?",
            "&",
            "=",
            "%",
            "%00",
            "%0a",
            "%ff",
            "+",
            " ",
            "\n",
            "\u0000",
            "code=",
            "state=",
            "error=",
            "https://",
            "/",
            "@",
            ":",
            "中",
            "\ud800",
          ]),
        )
        .map(([{ text }, list]) => mutateText(text, list)),
    },
    { weight: 1, arbitrary: fc.tuple(pasted, pasted).map(([one, two]) => one.text + two.text) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
    { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
    { weight: 1, arbitrary: fc.nat({ max: 10_000 }).map((length) => "c".repeat(length)) },
  ),
  reaches: { taken: 0.2, refused: 0.2, "refused an address": 0.02 },
  check(text, reach) {
    try {
      const { code, state } = parsePastedCode(text);
      must(/^[\x21-\x7e]+$/.test(code.reveal()), "a code that is none", code.reveal());
      must(!code.reveal().includes("#"), "a state within the code", code.reveal());
      must(state === null || /^[\x21-\x7e]+$/.test(state), "a state that is none", state);
      must(text.length <= 4_096 + 2_000, "too long", text.length);
      reach("taken");
    } catch (error) {
      assertRefusal(error, text);
      reach("refused");
      if (/^\s*https?:/i.test(text)) reach("refused an address");
    }
  },
});
