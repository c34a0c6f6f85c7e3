// What people paste: three right forms, and everything else.
import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { CcbError } from "../../src/core/errors.ts";
import { wordsOf } from "../../src/core/language.ts";
import { parsePastedCode } from "../../src/oauth/pasted-code.ts";

const CALLBACK = "https://platform.claude.com/oauth/code/callback";

describe("right forms", () => {
  const rows: readonly (readonly [string, string, string, string | null])[] = [
    ["a bare code", "abc-DEF_123", "abc-DEF_123", null],
    ["code and state", "abc#st4te", "abc", "st4te"],
    ["blanks and line ends around", "  \r\n\tabc#st4te \n", "abc", "st4te"],
    ["the callback address", `${CALLBACK}?code=abc&state=st4te`, "abc", "st4te"],
    ["the other order", `${CALLBACK}?state=st4te&code=abc`, "abc", "st4te"],
    ["an address without state", `${CALLBACK}?code=abc`, "abc", null],
    ["more parameters", `${CALLBACK}?foo=1&code=abc&state=st4te&scope=a%20b`, "abc", "st4te"],
    ["an address with a fragment", `${CALLBACK}?code=abc&state=st4te#_=_`, "abc", "st4te"],
    ["escapes", `${CALLBACK}?code=a%2Bb%2F%3D&state=s%21`, "a+b/=", "s!"],
    ["state behind the code inside the parameter", `${CALLBACK}?code=abc%23st4te`, "abc", "st4te"],
    ["a loopback address", "http://localhost:54545/callback?code=abc&state=st4te", "abc", "st4te"],
    ["an address in capitals", `HTTPS://PLATFORM.CLAUDE.COM/oauth/code/callback?code=abc`, "abc", null],
    ["the longest", "c".repeat(4096), "c".repeat(4096), null],
  ];
  for (const [what, pasted, code, state] of rows) {
    test(what, () => {
      const parsed = parsePastedCode(pasted);
      expect([parsed.code.reveal(), parsed.state]).toEqual([code, state]);
    });
  }
});

function refusal(pasted: string): CcbError {
  try {
    parsePastedCode(pasted);
  } catch (error) {
    if (error instanceof CcbError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("wrong ones are refused with a next step", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["blanks", " \n\t "],
    ["a blank inside", "abc def"],
    ["a line end inside", "abc\ndef"],
    ["two hashes", "abc#def#ghi"],
    ["an empty code", "#state"],
    ["an empty state", "code#"],
    ["letters beyond ASCII", "授权码"],
    ["a control character", "abc\u0007"],
    ["an address without a code", `${CALLBACK}?state=st4te`],
    ["an address with an empty code", `${CALLBACK}?code=&state=st4te`],
    ["an address with an empty state", `${CALLBACK}?code=abc&state=`],
    ["a blank in the address's code", `${CALLBACK}?code=abc+def`],
    ["an address that is none", "https://[broken?code=abc"],
    ["a line end smuggled into the state", `${CALLBACK}?code=abc&state=a%0Ab`],
    ["too long", "c".repeat(4097)],
  ];
  for (const [what, pasted] of rows) {
    test(what, () => {
      const error = refusal(pasted);
      expect(error.code).toBe("login_code_invalid");
      expect(error.message).toContain("Paste CODE, CODE#STATE or the whole address");
    });
  }

  test("a no in the browser is told apart", () => {
    const error = refusal(`${CALLBACK}?error=access_denied&error_description=sk-ant-oat01-x&state=st4te`);
    expect(error.message).toContain("refused in the browser");
    expect(inspect(error)).not.toContain("sk-ant");
  });
});

test("whatever is pasted: a code, or a CcbError that shows none of it", () => {
  const part = fc.string({ minLength: 12, maxLength: 40 });
  const pasted = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.tuple(part, part).map(([code, state]) => `${code}#${state}`),
    fc.tuple(part, part).map(([code, state]) => `${CALLBACK}?code=${code}&state=${state}`),
    part.map((text) => `https://${text}`),
  );
  fc.assert(
    fc.property(pasted, (text) => {
      try {
        const { code, state } = parsePastedCode(text);
        expect(code.reveal()).toMatch(/^[\x21-\x7e]+$/);
        if (state !== null) expect(state).toMatch(/^[\x21-\x7e]+$/);
        if (text.trim().length > 8) expect(inspect(code)).not.toContain(text.trim());
      } catch (error) {
        if (!(error instanceof CcbError)) throw error;
        const { code, say } = error;
        expect(code).toBe("login_code_invalid");
        const shown = [inspect(error, { depth: 10, showHidden: true }), say(wordsOf("en")), say(wordsOf("zh-CN"))].join(
          "\n",
        );
        // Short inputs are found in any text.
        if (text.trim().length >= 12) expect(shown).not.toContain(text.trim());
      }
    }),
    { numRuns: 2_000 },
  );
});
