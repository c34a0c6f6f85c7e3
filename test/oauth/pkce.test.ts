// PKCE against the vector of RFC 7636, appendix B.
import { expect, test } from "bun:test";
import { createChallenge } from "../../src/oauth/pkce.ts";
import { createTestRandom } from "../support/random.ts";

const APPENDIX_B = [
  116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
  88, 5, 88, 83, 132, 141, 121,
];

test("the octets of appendix B give its verifier and its challenge", () => {
  const asked: number[] = [];
  const { verifier, challenge } = createChallenge({
    bytes: (length) => {
      asked.push(length);
      return Uint8Array.from(APPENDIX_B);
    },
    fraction: () => 0,
  });
  expect(verifier.reveal()).toBe("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  expect(challenge).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  // Two draws: a state that was made of the verifier would show it to the browser.
  expect(asked).toEqual([32, 32]);
});

test("verifier, challenge and state are unpadded base64url of 32 bytes, and nothing repeats", () => {
  const random = createTestRandom();
  const seen = new Set<string>();
  for (let index = 0; index < 200; index += 1) {
    const { verifier, challenge, state } = createChallenge(random);
    for (const text of [verifier.reveal(), challenge, state]) {
      expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/);
      seen.add(text);
    }
  }
  expect(seen.size).toBe(600);
});
