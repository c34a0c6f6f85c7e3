// The binary's memory stays flat: a slow reader of a large reply, large bodies one after another.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Ccb } from "../support/binary.ts";
import { big, bytes } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { startKeyed } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

const MB = 1024 * 1024;

/** Resident memory of a process, MB. */
function residentMb({ pid }: Ccb): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

// The program's own appetite for a first large transfer; what buffers a reply needs 200 MB more.
const SLOW_READER_BOUND_MB = 60;
const UPLOADS_BOUND_MB = 160;

for (const chunked of [false, true]) {
  test(`200 MB for a reader that does not read, ${chunked ? "in chunks" : "with a length"}`, async () => {
    await using upstream = await startUpstream();
    await using ccb = await startKeyed(upstream.url);
    upstream.script(bytes(200, "warm"));
    await (await ccb.request("/v1/x")).text();
    const before = residentMb(ccb);

    const reply = big(200 * MB, { chunked });
    upstream.script(reply);
    const client = await rawClient(ccb.port);
    client.socket.removeAllListeners("data").pause();
    client.send(head("GET /v1/x HTTP/1.1", "Connection: close"));
    await upstream.request(1);
    let written = -1;
    let peak = before;
    // Until the upstream is held up, too: nothing moves any more.
    while (written !== reply.written) {
      ({ written } = reply);
      await Bun.sleep(300);
      peak = Math.max(peak, residentMb(ccb));
    }
    expect(written).toBeLessThan(60 * MB);
    expect(peak - before).toBeLessThan(SLOW_READER_BOUND_MB);

    // Then it reads, and gets all of it.
    let count = 0;
    client.socket.on("data", (data: Buffer) => {
      if (Math.floor(count / (16 * MB)) < Math.floor((count + data.length) / (16 * MB)))
        peak = Math.max(peak, residentMb(ccb));
      count += data.length;
    });
    client.socket.resume();
    await client.ended;
    expect(count).toBeGreaterThan(200 * MB);
    console.log(
      `slow reader, ${chunked ? "chunked" : "sized"}: ${before.toFixed(0)} MB before, peak ${peak.toFixed(0)} MB; ${(written / MB).toFixed(0)} MB taken from the upstream ahead of the reader`,
    );
    expect(peak - before).toBeLessThan(SLOW_READER_BOUND_MB);
  });
}

test("200 MB for a reader that reads, equal", async () => {
  await using upstream = await startUpstream();
  await using ccb = await startKeyed(upstream.url);
  const reply = big(200 * MB);
  upstream.script(reply);
  const hash = createHash("sha256");
  for await (const piece of (await ccb.request("/v1/x")).body ?? []) hash.update(piece);
  expect(hash.digest("hex")).toBe(reply.sha256);
});

for (const path of ["/v1/messages", "/v1/files"]) {
  test(`60 bodies of 8 MB to ${path}, one after another`, async () => {
    await using upstream = await startUpstream();
    await using ccb = await startKeyed(upstream.url);
    upstream.handleHead(() => undefined);
    upstream.handle((request) => bytes(200, String(request.body.length)));
    const body = Buffer.alloc(8 * MB, "0123456789abcde");
    const send = async (): Promise<void> => {
      const reply = await ccb.request(path, { method: "POST", body });
      expect(await reply.text()).toBe(String(body.length));
      upstream.clear();
    };
    let warm = 0;
    for (let index = 0; index < 15; index += 1) {
      await send();
      warm = Math.max(warm, residentMb(ccb));
    }
    let peak = warm;
    for (let index = 0; index < 45; index += 1) {
      await send();
      peak = Math.max(peak, residentMb(ccb));
    }
    console.log(`8 MB bodies to ${path}: peak ${warm.toFixed(0)} MB in the first 15, ${peak.toFixed(0)} MB in all 60`);
    // 360 MB more went through: what is kept would show.
    expect(peak - warm).toBeLessThan(UPLOADS_BOUND_MB);
  });
}
