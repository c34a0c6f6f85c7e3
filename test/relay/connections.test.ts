// Which requests may use a pooled connection: after sleep, on another network, after silence, after idling. Fake clock.
import { beforeEach, describe, expect, test } from "bun:test";
import { createNetworkWatch } from "../../src/core/network-watch.ts";
import type { NetworkWatch } from "../../src/core/network-watch.ts";
import { createWakeWatch } from "../../src/core/wake.ts";
import { createConnections } from "../../src/relay/connections.ts";
import type { Connections, RequestShape } from "../../src/relay/connections.ts";
import { createTestClock } from "../support/clock.ts";
import type { TestClock } from "../support/clock.ts";

const ORIGIN = "https://api.anthropic.com";
const STREAM: RequestShape = {
  method: "POST",
  path: "/v1/messages",
  stream: true,
  bodyBytes: 50_000,
  resendable: true,
  maxTokens: null,
};
/** Long enough to take minutes. */
const PLAIN: RequestShape = { ...STREAM, stream: false, maxTokens: 8_192 };

const POOLED = { keepalive: true, silenceMs: 0 };
const WATCHED = { keepalive: true, silenceMs: 20_000 };
const NEW = { keepalive: false, silenceMs: 0 };

let clock: TestClock;
let connections: Connections;
let network: NetworkWatch;
let addresses = "eth0 10.0.0.1";
const plan = (shape = STREAM, origin = ORIGIN) => connections.plan(origin, shape);

beforeEach(() => {
  clock = createTestClock();
  addresses = "eth0 10.0.0.1";
  network = createNetworkWatch(clock, () => addresses);
  connections = createConnections(clock, createWakeWatch(clock), network);
});

describe("a pool that cannot hold an old connection is simply used", () => {
  test("at first", () => expect([plan(), plan(PLAIN)]).toEqual([POOLED, POOLED]));

  test("when the last sign of life is older than any pooled connection", async () => {
    connections.alive(ORIGIN);
    await clock.advance(330_000);
    expect([plan(), plan(PLAIN)]).toEqual([POOLED, POOLED]);
  });
});

describe("a connection that may be an old one", () => {
  beforeEach(() => connections.alive(ORIGIN));

  test("is watched where the first byte comes soon", async () => {
    await clock.advance(60_000);
    const quick: RequestShape[] = [
      STREAM,
      { ...PLAIN, path: "/v1/messages/count_tokens" },
      { ...PLAIN, method: "GET", path: "/v1/models", bodyBytes: null },
      { ...PLAIN, method: "HEAD", path: "/v1/models", bodyBytes: null },
    ];
    expect(quick.map((shape) => plan(shape))).toEqual(quick.map(() => WATCHED));
  });

  test("is watched longer for a short answer that comes whole", async () => {
    await clock.advance(60_000);
    for (const maxTokens of [null, 1, 1_024]) {
      expect(plan({ ...PLAIN, maxTokens })).toEqual({ keepalive: true, silenceMs: 30_000 });
    }
    expect(plan({ ...PLAIN, maxTokens: 1_025 })).toEqual(NEW);
  });

  test("is not used, once idle, where silence proves nothing", async () => {
    const slow: RequestShape[] = [
      PLAIN,
      { ...STREAM, bodyBytes: 600 * 1024 },
      { ...STREAM, resendable: false },
      { ...PLAIN, method: "GET", resendable: false },
    ];
    await clock.advance(999);
    expect(slow.map((shape) => plan(shape))).toEqual(slow.map(() => POOLED));
    await clock.advance(1);
    expect(slow.map((shape) => plan(shape))).toEqual(slow.map(() => NEW));
  });

  test("of another origin says nothing about this one", () =>
    expect(plan(PLAIN, "https://other.example")).toEqual(POOLED));
});

describe("after silence", () => {
  test("the pool of that origin is left alone until it has emptied itself", async () => {
    connections.alive(ORIGIN);
    connections.suspect(ORIGIN);
    expect([plan(), plan(PLAIN), plan(STREAM, "https://other.example")]).toEqual([NEW, NEW, POOLED]);
    await clock.advance(329_999);
    expect(plan()).toEqual(NEW);
    await clock.advance(1);
    expect(plan()).toEqual(POOLED);
  });
});

describe("after sleep", () => {
  test("no pool at all is used, whatever the origin, for as long as it may hold dead connections", async () => {
    connections.alive(ORIGIN);
    clock.sleep(600_000);
    expect([plan(), plan(STREAM, "https://other.example")]).toEqual([NEW, NEW]);
    await clock.advance(329_999);
    expect(plan()).toEqual(NEW);
    await clock.advance(1);
    expect(plan()).toEqual(POOLED);
  });

  test("a clock set back counts like sleep, a small correction does not", () => {
    clock.sleep(-1_500);
    expect(plan()).toEqual(POOLED);
    clock.sleep(-60_000);
    expect(plan()).toEqual(NEW);
  });

  test("it is noticed by the request itself, before any other look", () => {
    clock.sleep(30_000);
    expect(plan()).toEqual(NEW);
  });
});

describe("another network", () => {
  test("leaves every pool alone", () => {
    connections.alive(ORIGIN);
    addresses = "wlan0 192.168.1.7";
    expect(plan()).toEqual(WATCHED);
    network.check(0);
    expect([plan(), plan(STREAM, "https://other.example")]).toEqual([NEW, NEW]);
  });

  test("the first request after a pause notices it by itself", async () => {
    connections.alive(ORIGIN);
    addresses = "wlan0 192.168.1.7";
    await clock.advance(4_999);
    expect(plan()).toEqual(WATCHED);
    await clock.advance(1);
    expect(plan()).toEqual(NEW);
  });

  test("the same one changes nothing, and each change counts once", async () => {
    network.check(0);
    expect(plan()).toEqual(POOLED);
    addresses = "tun0 10.8.0.2";
    network.check(0);
    await clock.advance(330_000);
    network.check(0);
    expect(plan()).toEqual(POOLED);
  });
});
