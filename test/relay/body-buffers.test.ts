// The memory of long bodies is used again, and no body gets into another's way.
import { describe, expect, test } from "bun:test";
import { giveBuffer, takeBuffer } from "../../src/relay/body-buffers.ts";
import { anthropicMessage } from "../support/anthropic.ts";
import { json } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";

const KB = 1024;
const MB = KB * KB;

/** Takes what other tests have left. */
function empty(): void {
  while (takeBuffer(64 * KB) !== null) void 0;
}

describe("a buffer", () => {
  test("comes back to the next body that fits into it", () => {
    empty();
    const buffer = new Uint8Array(MB);
    giveBuffer(buffer);
    expect(takeBuffer(MB + 1)).toBeNull();
    expect(takeBuffer(64 * KB - 1)).toBeNull();
    expect(takeBuffer(MB)).toBe(buffer);
    expect(takeBuffer(MB)).toBeNull();
  });
  test("of few bytes, or of many, is not kept", () => {
    empty();
    giveBuffer(new Uint8Array(64 * KB - 1));
    giveBuffer(new Uint8Array(4 * MB + 1));
    expect(takeBuffer(64 * KB)).toBeNull();
  });
  test("is one of at most 8 MB together", () => {
    empty();
    for (let count = 0; count < 20; count += 1) giveBuffer(new Uint8Array(MB));
    let kept = 0;
    while (takeBuffer(MB) !== null) kept += 1;
    expect(kept).toBe(8);
  });
});

test("many long bodies at once, some of them sent twice: each arrives as it is", async () => {
  await using world = await createWorld();
  for (let person = 0; person < 3; person += 1) await world.signIn();
  let refused = 0;
  world.upstream.handle(({ body }) => {
    refused += 1;
    if (refused % 4 === 1 && refused < 9)
      return json(500, { type: "error", error: { type: "api_error", message: "no" } });
    return json(200, anthropicMessage(Bun.hash(body).toString()));
  });
  const sends = Array.from({ length: 24 }, async (_, index) => {
    // Of different lengths: a shorter one finds the rest of a longer one behind it.
    const content = String.fromCharCode(97 + index).repeat(200 * KB + ((index * 7919) % 17) * 10 * KB);
    const body = JSON.stringify({ model: "claude-opus-5", max_tokens: 8, messages: [{ role: "user", content }] });
    await Bun.sleep(index % 5);
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    const reply = await world.json("/v1/messages", { method: "POST", headers, body });
    if (reply.status === 200) expect(reply.body.content[0].text).toBe(Bun.hash(body).toString());
    return reply.status;
  });
  const replies = await Promise.all(sends);
  const arrived = world.upstream.requests.map(({ body }) => body);
  for (const body of arrived) {
    const { messages } = JSON.parse(body.toString());
    expect(new Set(messages[0].content).size).toBe(1);
  }
  expect(replies.filter((status) => status === 200).length).toBeGreaterThan(18);
  expect(arrived.length).toBeGreaterThanOrEqual(24);
});
