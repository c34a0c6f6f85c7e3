// Where the output of a command goes: all of it arrives, however slowly it is read, and what is lost is no success.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { EXAMPLE_TRACE } from "../../src/http/requests.ts";
import { cleanEnvironment, freePort, makeHome, requireBinary } from "../support/binary.ts";

const REQUESTS = 300;
const home = makeHome();
/** What answers as a ccb does that has served some requests; it goes in the middle of an answer about the usage. */
const server = createServer((request, response) => {
  if (request.url?.startsWith("/usage") === true) {
    response.writeHead(200, { "content-type": "text/csv" });
    response.write("day,requests\r\n", () => response.destroy());
    return;
  }
  const requests = Array.from({ length: REQUESTS }, (_, index) => ({ ...EXAMPLE_TRACE, id: `ccb_${index}` }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ requests }));
});
let port = 0;
beforeAll(async () => {
  port = await freePort();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  await promise;
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

async function shell(script: string) {
  const child = Bun.spawn(["bash", "-c", script, requireBinary(), String(port)], {
    cwd: home,
    env: cleanEnvironment(home),
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { stdout, stderr, code: await child.exited };
}

test("a pipe holds 64 kB; who reads late gets the rest, too", async () => {
  const command = `set -o pipefail; "$0" requests --limit 1000 --json --port "$1"`;
  const { stdout, code } = await shell(`${command} | { sleep 1; cat; }`);
  const { requests }: { requests: readonly unknown[] } = JSON.parse(stdout);
  expect([code, requests.length]).toEqual([0, REQUESTS]);
});

test("who has read enough and leaves ends the command, and is no failure of it", async () => {
  const { stdout, stderr } = await shell(`"$0" requests --limit 1000 --json --port "$1" | head -n 1`);
  expect([stdout, stderr]).toEqual(["{\n", ""]);
});

test("a disk that is full is a failure", async () => {
  expect(await shell(`"$0" requests --json --port "$1" > /dev/full`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ENOSPC"),
  });
});

test("a server that goes in the middle of an answer is a sentence, not half a table", async () => {
  const { stdout, stderr, code } = await shell(`"$0" usage --csv --port "$1"`);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^No ccb answers at [^\n]+\n$/);
});
