// A configuration that changes under a running binary: saved, signalled, asked for; good and bad.
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anthropicStream } from "../support/anthropic.ts";
import { cleanEnvironment, makeHome, requireBinary, type Ccb } from "../support/binary.ts";
import { error, json, sse } from "../support/replies.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { eventually } from "../support/world.ts";
import { envelopeOf, messagesRequest, startKeyed } from "./_ccb.ts";

/** The file with another upstream in the place of `from`. */
const pointedAt = (ccb: Ccb, from: Upstream, to: Upstream): string =>
  readFileSync(ccb.configFile, "utf8").replaceAll(from.url, to.url);

/** What says who answers. */
const ask = async (ccb: Ccb): Promise<string> => await (await ccb.request("/v1/messages", messagesRequest())).text();

const moved = (ccb: Ccb): Promise<void> =>
  eventually("the other upstream answers", async () => (await ask(ccb)) === '"b"');

async function twoUpstreams() {
  const [a, b] = [await startUpstream(), await startUpstream()];
  a.handle(() => json(200, "a"));
  b.handle(() => json(200, "b"));
  return { a, b, [Symbol.asyncDispose]: async () => void (await Promise.all([a.stop(), b.stop()])) };
}

describe("a saved file is in force by itself", () => {
  for (const [how, save] of [
    ["written in place", (file: string, text: string) => writeFileSync(file, text)],
    [
      "renamed over, as editors do",
      (file: string, text: string) => {
        writeFileSync(`${file}.new`, text, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      },
    ],
    [
      "deleted, and there again as a symlink",
      (file: string, text: string) => {
        writeFileSync(`${file}.real`, text, { mode: 0o600 });
        rmSync(file);
        symlinkSync(`${file}.real`, file);
      },
    ],
  ] as const) {
    test(how, async () => {
      await using upstreams = await twoUpstreams();
      await using ccb = await startKeyed(upstreams.a.url);
      expect(await ask(ccb)).toBe('"a"');
      save(ccb.configFile, pointedAt(ccb, upstreams.a, upstreams.b));
      await moved(ccb);
    });
  }

  test("a stream that is under way ends where it began", async () => {
    await using upstreams = await twoUpstreams();
    await using ccb = await startKeyed(upstreams.a.url);
    const events = anthropicStream("from the first upstream", 6);
    const gate = Promise.withResolvers<void>();
    const source = async function* () {
      yield* events.slice(0, 3);
      await gate.promise;
      yield* events.slice(3);
    };
    upstreams.a.script(sse(source()));
    const reply = await ccb.request("/v1/messages", messagesRequest({ stream: true }));
    writeFileSync(ccb.configFile, pointedAt(ccb, upstreams.a, upstreams.b));
    await moved(ccb);
    gate.resolve();
    expect(await reply.text()).toBe(events.join(""));
  });

  test("one that ccb may not read is refused, and taken as soon as it may", async () => {
    await using upstreams = await twoUpstreams();
    await using ccb = await startKeyed(upstreams.a.url);
    writeFileSync(ccb.configFile, pointedAt(ccb, upstreams.a, upstreams.b));
    chmodSync(ccb.configFile, 0o666);
    await ccb.output("stays in force");
    expect(await ask(ccb)).toBe('"a"');
    chmodSync(ccb.configFile, 0o600);
    await moved(ccb);
  });
});

test("a bad file changes nothing and says why, on the console and in the answer", async () => {
  await using upstreams = await twoUpstreams();
  await using ccb = await startKeyed(upstreams.a.url);
  writeFileSync(ccb.configFile, `${pointedAt(ccb, upstreams.a, upstreams.b)}\nsetings: {}\n`);
  const refusal = await envelopeOf(await ccb.request("/providers/reload", { method: "POST" }));
  expect(refusal).toMatchObject({ status: 422, type: "invalid_request_error" });
  expect(refusal.message).toContain("setings");
  await ccb.output("setings");
  expect(await ask(ccb)).toBe('"a"');
});

test("SIGHUP loads it; cooldowns survive; what needs a restart is named", async () => {
  await using upstreams = await twoUpstreams();
  await using ccb = await startKeyed(upstreams.a.url);
  upstreams.a.handle(() => error(429, "rate_limit_error", "limit", { "retry-after": "3000" }));
  expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(429);
  const text = readFileSync(ccb.configFile, "utf8");
  writeFileSync(ccb.configFile, text.replace("settings:", "settings:\n  shutdown_grace_seconds: 7"));
  process.kill(ccb.pid, "SIGHUP");
  await ccb.output("settings.shutdown_grace_seconds");
  expect(await (await ccb.request("/providers")).text()).toContain('"state":"cooldown","reason":"retry-after"');
  expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(429);
  expect(upstreams.a.requests.length).toBe(1);
  expect(await ccb.stop()).toBe(0);
});

/** ccb in a terminal of its own; `command` goes before it. */
function inTerminal(...command: string[]) {
  const home = makeHome();
  const shown = { text: "" };
  const child = Bun.spawn([...command, requireBinary(), "serve", "--port", "0"], {
    env: cleanEnvironment(home),
    cwd: home,
    terminal: { cols: 100, rows: 30, data: (_, bytes) => void (shown.text += Buffer.from(bytes).toString()) },
  });
  return {
    child,
    home,
    shows: (text: string) => eventually(`it shows ${text}`, () => shown.text.includes(text)),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

test("a terminal that closes stops it, SIGHUP in an open one does not", async () => {
  await using ccb = inTerminal();
  await ccb.shows("ANTHROPIC_BASE_URL");
  process.kill(ccb.child.pid, "SIGHUP");
  await ccb.shows("configuration_reloaded");
  expect(ccb.child.exitCode).toBe(null);
  ccb.child.terminal?.close();
  expect(await ccb.child.exited).toBe(0);
});

test("under nohup it outlives its terminal", async () => {
  await using ccb = inTerminal("nohup");
  const log = join(ccb.home, "nohup.out");
  const logs = (text: string): Promise<void> =>
    eventually(`the log says ${text}`, () => existsSync(log) && readFileSync(log, "utf8").includes(text));
  await logs("listening");
  ccb.child.terminal?.close();
  await logs("configuration_reloaded");
  expect(ccb.child.exitCode).toBe(null);
});
