// The binary as a process: taken ports, a second ccb, signals, exit codes.
import { describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { anthropicStream } from "../support/anthropic.ts";
import { freePort, startCcb } from "../support/binary.ts";
import { hang, json, sse } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { keyed, logLines, messagesRequest, requestLines, startKeyed } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

/** A machine without ::1 has one address to take. */
const IPV6 = Object.values(networkInterfaces()).some((list) => (list ?? []).some(({ address }) => address === "::1"));
const LOOPBACK = IPV6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];

/** Another program at an address. */
async function occupy(port: number, host: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, ipv6Only: host.includes(":") }, resolve);
  });
  return server;
}

const MEMORY = { oauth: { enable_persistence: false } };
const start = (port: number, settings: Record<string, unknown> = {}) =>
  startCcb({
    config: { providers: [keyed("http://127.0.0.1:1")], settings: { ...MEMORY, ...settings } },
    port,
    wait: false,
  });

describe("an address that is taken", () => {
  for (const host of LOOPBACK) {
    test(`${host}: exit 1, says which and what to do, and listens nowhere`, async () => {
      const port = await freePort();
      const other = await occupy(port, host);
      await using ccb = await start(port);
      expect(await ccb.exited).toBe(1);
      await ccb.stop();
      expect(ccb.stderr).toContain(
        `Another program listens at ${host} port ${port}. Stop it, or choose another port: ccb --port ${port + 1}`,
      );
      expect(ccb.stderr).not.toContain("    at ");
      other.close();
    });
  }

  test("by another ccb: the second ends, the first serves on", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    await using first = await startKeyed(upstream.url);
    await using second = await start(first.port);
    expect(await second.exited).toBe(1);
    for (let index = 0; index < 10; index += 1) {
      expect((await first.request("/v1/messages", { ...messagesRequest(), keepalive: false })).status).toBe(200);
    }
  });

  test("both families of localhost are served by one ccb", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    await using ccb = await startKeyed(upstream.url);
    for (const host of [
      "localhost",
      ...LOOPBACK.map((address) => (address.includes(":") ? `[${address}]` : address)),
    ]) {
      expect((await fetch(`http://${host}:${ccb.port}/v1/models`, { proxy: false })).status).toBe(200);
    }
  });

  test("port 0 takes any free one, and the banner names it", async () => {
    await using ccb = await start(0);
    await ccb.output("ANTHROPIC_BASE_URL");
    const [, port] = /ANTHROPIC_BASE_URL=http:\/\/localhost:(\d+)/.exec(ccb.stderr) ?? [];
    expect((await fetch(`http://127.0.0.1:${port}/health`, { proxy: false })).status).toBe(200);
  });
});

const EVENTS = anthropicStream("goodbye", 4);

/** So many events that ccb begins to pass them on. */
const BEGINNING = 3;

/** An upstream whose stream waits, after its beginning, for the test. */
async function startWaiting() {
  const upstream = await startUpstream();
  const gate = Promise.withResolvers<void>();
  upstream.script(
    sse(
      (async function* () {
        yield* EVENTS.slice(0, BEGINNING);
        await gate.promise;
        yield* EVENTS.slice(BEGINNING);
      })(),
    ),
  );
  return { upstream, go: gate.resolve };
}

/** Refused, as nobody listens any more. */
async function refused(port: number): Promise<boolean> {
  try {
    const client = await rawClient(port);
    client.abort();
    return false;
  } catch {
    return true;
  }
}

describe("stopping", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal}: no new connection, the open stream ends whole, exit 0`, async () => {
      const { upstream, go } = await startWaiting();
      await using ccb = await startKeyed(upstream.url);
      const reply = await ccb.request("/v1/messages", messagesRequest({ stream: true }));
      process.kill(ccb.pid, signal);
      await ccb.output("Stopping");
      expect(await refused(ccb.port)).toBe(true);
      go();
      expect(await reply.text()).toBe(EVENTS.join(""));
      expect(await ccb.exited).toBe(0);
      await ccb.stop();
      expect(logLines(ccb).map(({ message }) => message)).toEqual(["listening", "stopping", "request", "stopped"]);
      await upstream.stop();
    });
  }

  test("with nothing open it is over at once", async () => {
    await using ccb = await start(await freePort());
    await ccb.output("ANTHROPIC_BASE_URL");
    const began = performance.now();
    expect(await ccb.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("an idle connection of a client does not hold it up", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    await using ccb = await startKeyed(upstream.url);
    const client = await rawClient(ccb.port);
    client.send(head("GET /v1/models HTTP/1.1"));
    await client.until("{}");
    const began = performance.now();
    expect(await ccb.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("the grace period over, what is open is cut: a break, never an end, and exit 0", async () => {
    const { upstream } = await startWaiting();
    await using ccb = await startKeyed(upstream.url, { settings: { shutdown_grace_seconds: 0.3 } });
    const client = await rawClient(ccb.port);
    client.send(head("GET /v1/x HTTP/1.1"));
    await client.until("message_start");
    const began = performance.now();
    expect(await ccb.stop()).toBe(0);
    const took = performance.now() - began;
    expect([took >= 300, took < 2000]).toEqual([true, true]);
    await client.ended;
    expect(client.text.endsWith("0\r\n\r\n")).toBe(false);
    await (
      await upstream.request(0)
    ).aborted;
    expect(logLines(ccb).map(({ message }) => message)).toContain("streams_cut");
    await upstream.stop();
  });

  test("so is a request that waits for its first byte", async () => {
    await using upstream = await startUpstream();
    upstream.script(hang());
    await using ccb = await startKeyed(upstream.url, { settings: { shutdown_grace_seconds: 0.2 } });
    const client = await rawClient(ccb.port);
    client.send(head("GET /v1/x HTTP/1.1"));
    await upstream.request(0);
    expect(await ccb.stop()).toBe(0);
  });

  test("a second signal ends it now", async () => {
    const { upstream } = await startWaiting();
    await using ccb = await startKeyed(upstream.url);
    const reply = await ccb.request("/v1/messages", messagesRequest({ stream: true }));
    process.kill(ccb.pid, "SIGTERM");
    await ccb.output("Once more to stop now");
    const began = performance.now();
    expect(await ccb.stop()).toBe(1);
    expect(performance.now() - began).toBeLessThan(500);
    expect(await reply.text().catch(() => "broke")).toBe("broke");
    // What was logged before is not lost.
    expect(logLines(ccb).map(({ message }) => message)).toContain("stopping");
    await upstream.stop();
  });

  test("requests in the last moment are in the log", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    await using ccb = await startKeyed(upstream.url);
    await Promise.all(Array.from({ length: 20 }, async () => (await ccb.request("/v1/models")).text()));
    await ccb.stop();
    expect((await requestLines(ccb, 20)).length).toBe(20);
  });
});
