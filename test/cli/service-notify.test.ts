// What systemd is told: ready, alive, stopping; on a fake clock, and by real datagrams from the binary.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createDatagramSender } from "../../src/cli/service/datagram.ts";
import { createNotifier } from "../../src/cli/service/notify.ts";
import { makeHome, startCcb } from "../support/binary.ts";
import { createTestClock } from "../support/clock.ts";
import { listenForDatagrams } from "../support/datagrams.ts";

function start(env: Record<string, string>, taken: () => boolean = () => true) {
  const clock = createTestClock();
  const sent: string[] = [];
  const notifier = createNotifier({
    env,
    pid: 42,
    clock,
    open: () => (text) => taken() && sent.push(text) > 0,
  });
  return { clock, sent, notifier };
}
const SOCKET = { NOTIFY_SOCKET: "/run/systemd/notify" };
const READY = "READY=1\nSTATUS=Serving at http://localhost:9090";

describe("the words", () => {
  test("nobody listens: nothing is said, no timer", async () => {
    const { clock, sent, notifier } = start({ WATCHDOG_USEC: "60000000" });
    notifier.ready("http://localhost:9090");
    notifier.stopping(45);
    notifier.close();
    expect([sent, clock.timers()]).toEqual([[], []]);
  });

  test("ready, three pings a period, stopping with the time it takes, silence", async () => {
    const { clock, sent, notifier } = start({ ...SOCKET, WATCHDOG_USEC: "60000000", WATCHDOG_PID: "42" });
    notifier.ready("http://localhost:9090");
    expect(sent).toEqual([READY, "WATCHDOG=1"]);
    await clock.advance(60_000);
    expect(sent.slice(2)).toEqual(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    notifier.stopping(44.5);
    expect(sent.at(-1)).toBe("STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000");
    notifier.close();
    expect(clock.timers()).toEqual([]);
  });

  test.each([
    [{}],
    [{ WATCHDOG_USEC: "0" }],
    [{ WATCHDOG_USEC: "soon" }],
    [{ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "41" }],
  ])("no pings where none are asked of this process: %j", (env) => {
    const { clock, sent, notifier } = start({ ...SOCKET, ...env });
    notifier.ready("http://localhost:9090");
    expect([sent, clock.timers()]).toEqual([[READY], []]);
  });

  test("a manager whose queue is full is told again, or the start would time out", async () => {
    let room = false;
    const { clock, sent, notifier } = start(SOCKET, () => room);
    notifier.ready("http://localhost:9090");
    await clock.advance(1_000);
    expect(sent).toEqual([]);
    room = true;
    await clock.advance(1_000);
    expect(sent).toEqual([READY]);
  });
});

describe("the datagrams", () => {
  for (const kind of ["a file", "an abstract name"]) {
    test(kind, () => {
      const path = kind === "a file" ? join(makeHome(), "notify") : `@ccb-test-${process.pid}`;
      const send = createDatagramSender(path);
      expect(send?.("nobody is there")).toBe(false);
      using manager = listenForDatagrams(path);
      expect([send?.("READY=1"), send?.("STATUS=你好")]).toEqual([true, true]);
      expect(manager.read()).toEqual(["READY=1", "STATUS=你好"]);
    });
  }

  test.each(["", "relative", `/${"x".repeat(108)}`, "vsock:2:1"])("%j is no address", (path) =>
    expect(createDatagramSender(path)).toBeNull(),
  );

  test("a queue that nobody empties blocks nothing", () => {
    const path = `@ccb-test-full-${process.pid}`;
    const send = createDatagramSender(path);
    using manager = listenForDatagrams(path);
    let taken = 0;
    for (; taken < 100_000; taken += 1) if (send?.("x") !== true) break;
    expect(taken).toBeLessThan(100_000);
    expect(manager.read()).toHaveLength(taken);
  });

  test("the binary says ready once it serves, pings, and says that it stops", async () => {
    const path = join(makeHome(), "notify");
    using manager = listenForDatagrams(path);
    await using ccb = await startCcb({
      config: { upstream: "http://127.0.0.1:1", settings: { shutdown_grace_seconds: 2 } },
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "300000" },
    });
    await until(() => manager.read().filter((text) => text === "WATCHDOG=1").length >= 4);
    expect(manager.read()[0]).toMatch(/^READY=1\nSTATUS=Serving at http:\/\/localhost:\d+$/);
    expect(await ccb.stop()).toBe(0);
    expect(manager.read().at(-1)).toBe("STOPPING=1\nEXTEND_TIMEOUT_USEC=17000000");
  });
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error("it did not come about within 10 s");
    await Bun.sleep(20);
  }
}
