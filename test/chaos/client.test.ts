// What a client may do to ccb: each row with the one outcome that it may have, the requests that the upstream saw of it,
// and another client that notices nothing.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { anthropicMessage } from "../support/anthropic.ts";
import { big, json } from "../support/replies.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { rawClient } from "../binary/_raw.ts";
import { BODIES, HEADS, TARGETS } from "./_malformed-requests.ts";
import type { RequestRow } from "./_malformed-requests.ts";
import { descriptorsOf, keyed, rounds, startRig, within } from "./_rig.ts";
import type { Fault, Rig } from "./_rig.ts";
import { endOf, messagesBytes, outcomeOf } from "./_wire.ts";

const MB = 1024 * 1024;
const PREFIX = "/prefix";
const MODEL = "claude-fault";
/** The longest that a connection may be idle; Bun itself closes one that never said anything after 10 s. */
const IDLE_SECONDS = 120;

let upstream: Upstream;
/** Where requests point that must not be followed. */
let elsewhere: Upstream;
let rig: Rig;
beforeAll(async () => {
  upstream = await startUpstream();
  elsewhere = await startUpstream();
  rig = await startRig({
    providers: [keyed(upstream.url + PREFIX, { name: "Upstream" })],
    routes: { [MODEL]: [{ provider: "Upstream" }] },
    settings: { timeouts: { first_byte: 5, first_byte_stream: 5, idle: 5, upload: 1.5 } },
  });
});
afterEach(() => {
  expect(elsewhere.connections).toBe(0);
});
afterAll(async () => {
  rig.print("client");
  await rig[Symbol.asyncDispose]();
  await upstream.stop();
  await elsewhere.stop();
});

/** Method, target without the prefix, and length of the body of what the upstream saw. */
const arrived = (): string[] =>
  upstream.requests.map(({ method, url, body }) => {
    const target = url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : `OUTSIDE ${url}`;
    return `${method} ${target} ${body.length}`;
  });

async function send(bytes: string): Promise<string> {
  upstream.clear();
  upstream.handle(() => json(200, anthropicMessage("well")));
  const client = await rawClient(rig.ccb.port);
  client.send(Buffer.from(bytes.replaceAll("PORT", String(elsewhere.port)), "latin1"));
  const how = await endOf(client, 5);
  client.abort();
  const statuses = [...client.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  const own = [...client.text.matchAll(/"type":"error","error":\{"type":"(\w+)"/g)].map(([, type]) => type);
  // A request that is behind the first would come now.
  await Bun.sleep(5);
  return `${[...statuses, ...own].join(" ") || "nothing"}, ${how}; ${arrived().join(" | ").replaceAll(String(elsewhere.port), "PORT")}`;
}

for (const [what, all] of Object.entries({ "the body": BODIES, "the head": HEADS, "the target": TARGETS })) {
  describe(`${what}:`, () => {
    for (const [name, row] of Object.entries<RequestRow>(all)) {
      test(name, async () => {
        await rig.run({
          name: `${what}: ${name}`,
          expect: `${row.expect}; ${(row.arrives ?? []).join(" | ")}`,
          run: async () => {
            const outcome = await send(row.sends);
            const none = row.orNothing === true && arrived().length === 0;
            return none ? outcome + (row.arrives ?? []).join(" | ") : outcome;
          },
        });
      });
    }
  });
}

test("TRACE is told what there is (RFC 9110 §15.5.6)", async () => {
  const client = await rawClient(rig.ccb.port);
  client.send("TRACE /v1/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ended;
  expect(client.text).toMatch(/\r\nallow: GET, HEAD, POST, /i);
});

/** Bun closes a connection that never sent a request only 10 s after its client has left; the rig waits for that. */
const LONGEST_ROUND_MS = 60_000;

const fault = (name: string, row: Omit<Fault, "name">, most = 1): void =>
  test(
    name,
    async () => {
      for (let round = 0; round < rounds(most); round += 1) {
        upstream.clear();
        upstream.handle(() => json(200, anthropicMessage("well")));
        await rig.run({ ...row, name });
      }
    },
    LONGEST_ROUND_MS * rounds(most),
  );

/** Connections that are open, a hundred at a time. */
async function openMany(count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(100, count - sockets.length) }, async () => {
      const socket = connect({ port: rig.ccb.port, host: "127.0.0.1" });
      await new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
      socket.on("error", () => {});
      return socket;
    });
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

/** Whether another connection is served meanwhile. */
const another = async (): Promise<string> => {
  const client = await rawClient(rig.ccb.port);
  client.send(messagesBytes(MODEL));
  await client.ended;
  return outcomeOf(client.text);
};

describe("many:", () => {
  fault(
    "2,000 connections that say nothing",
    {
      expect: "2000 open, another 200",
      async run() {
        const before = descriptorsOf(rig.ccb.pid);
        const sockets = await openMany(2000);
        await within(10, () => descriptorsOf(rig.ccb.pid) >= before + 2000);
        const open = descriptorsOf(rig.ccb.pid) - before;
        const served = await another();
        for (const socket of sockets) socket.destroy();
        return `${Math.min(open, 2000)} open, another ${served}`;
      },
    },
    5,
  );

  fault(
    "2,000 connections that come and go at once",
    {
      expect: "another 200",
      async run() {
        for (let turn = 0; turn < 20; turn += 1) for (const socket of await openMany(100)) socket.resetAndDestroy();
        return `another ${await another()}`;
      },
    },
    5,
  );

  fault(
    "500 that wait for an answer and leave",
    {
      // No one long turn: /health stands behind five hundred requests that came at once.
      stallMs: 1500,
      expect: "500 arrived, 500 ended upstream, another 200",
      async run() {
        upstream.handle(() => ({ name: "waits", send: async (peer) => await peer.silence() }));
        const clients = await Promise.all(Array.from({ length: 500 }, () => rawClient(rig.ccb.port)));
        for (const client of clients) client.send(messagesBytes(MODEL));
        await upstream.request(499);
        for (const client of clients) client.abort();
        const count = upstream.requests.length;
        await Promise.all(upstream.requests.map(({ aborted }) => aborted));
        const gone = upstream.requests.filter(({ wasAborted }) => wasAborted).length;
        upstream.handle(() => json(200, anthropicMessage("well")));
        return `${count} arrived, ${gone} ended upstream, another ${await another()}`;
      },
    },
    5,
  );

  fault(
    "200 uploads that are reset in the middle",
    {
      residentMb: 80,
      expect: "0 arrived, another 200",
      async run() {
        const clients = await Promise.all(Array.from({ length: 200 }, () => rawClient(rig.ccb.port)));
        for (const client of clients) {
          client.send(`POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${MB}\r\n\r\n`);
          client.send(Buffer.alloc(100_000, "x"));
        }
        await Bun.sleep(50);
        for (const client of clients) client.abort();
        const served = await another();
        return `${upstream.requests.length - 1} arrived, another ${served}`;
      },
    },
    5,
  );
});

describe("slow:", () => {
  // No limit but the idle one: what is silent for two minutes is closed.
  fault("a byte a second of the head", {
    expect: "200",
    async run() {
      const client = await rawClient(rig.ccb.port);
      for (const byte of "GE") {
        client.send(byte);
        await Bun.sleep(1000);
      }
      client.send("T /v1/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      await client.ended;
      return outcomeOf(client.text);
    },
  });

  fault("a byte a second of the body", {
    expect: "200; POST /v1/messages 2",
    async run() {
      const client = await rawClient(rig.ccb.port);
      client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
      for (const byte of "{}") {
        await Bun.sleep(1000);
        client.send(byte);
      }
      await client.ended;
      return `${outcomeOf(client.text)}; ${arrived().join(" | ")}`;
    },
  });

  for (const path of ["/v1/messages", "/v1/files"]) {
    fault(`half a body of ${path}, then nothing`, {
      expect: path === "/v1/files" ? "408 invalid_request_error; never whole" : "408 invalid_request_error; ",
      async run() {
        const client = await rawClient(rig.ccb.port);
        // More than what is read whole on every path.
        client.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${2 * MB}\r\n\r\n`);
        client.send(Buffer.alloc(MB, "x"));
        await client.until('"request_id"');
        client.abort();
        if (upstream.requests.length > 0) await upstream.requests[0]?.aborted;
        const seen = upstream.requests.map(({ wasAborted }) => (wasAborted ? "never whole" : "whole"));
        return `${outcomeOf(client.text)}; ${seen.join(" | ")}`;
      },
    });
  }

  fault(
    "reads nothing of 50 MB, then leaves",
    {
      expect: "less than 40 MB taken from the upstream, which is let go",
      async run() {
        const reply = big(50 * MB);
        upstream.handle(() => reply);
        const client = await rawClient(rig.ccb.port);
        client.socket.removeAllListeners("data").pause();
        client.send("GET /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const request = await upstream.request(0);
        for (let written = -1; written !== reply.written;) {
          ({ written } = reply);
          await Bun.sleep(150);
        }
        const taken = reply.written / MB;
        client.abort();
        await request.aborted;
        return `${taken < 40 ? "less than 40" : taken} MB taken from the upstream, which is let go`;
      },
    },
    5,
  );
});

describe("gone:", () => {
  fault(
    "reset in the middle of an upload that is passed on as it comes",
    {
      expect: "arrived, never whole",
      async run() {
        const client = await rawClient(rig.ccb.port);
        client.send("POST /v1/files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(`10000\r\n${"x".repeat(65_536)}\r\n`);
        const request = await upstream.request(0);
        client.abort();
        await request.aborted;
        return `arrived, ${request.wasAborted ? "never whole" : "whole"}`;
      },
    },
    20,
  );

  // Bun takes the end of a client's sending for its going.
  fault(
    "half-closed behind the request",
    {
      expect: "nothing, fin; one that was ended",
      async run() {
        upstream.handle(() => ({ name: "waits", send: async (peer) => await peer.silence() }));
        const client = await rawClient(rig.ccb.port);
        client.send(messagesBytes(MODEL, {}, []));
        const request = await upstream.request(0);
        client.socket.end();
        const how = await endOf(client, 5);
        await request.aborted;
        return `${outcomeOf(client.text)}, ${how}; one that was ended`;
      },
    },
    20,
  );

  fault(
    "half-closed in the middle of its body",
    {
      expect: "nothing, fin; ",
      async run() {
        const client = await rawClient(rig.ccb.port);
        client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
        client.socket.end();
        const how = await endOf(client, 5);
        return `${outcomeOf(client.text)}, ${how}; ${arrived().join(" | ")}`;
      },
    },
    20,
  );
});

if (rounds(2) > 1) {
  describe("left alone, 20 connections", () => {
    for (const [name, said] of [
      ["that say nothing", ""],
      ["with half a head", "POST /v1/messages HTTP/1.1\r\nHost: loc"],
      ["that were answered", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ] as const) {
      test(
        `${name} are closed`,
        async () => {
          await rig.run({
            name: `20 connections ${name}, left alone`,
            expect: `all closed within ${IDLE_SECONDS + 30} s`,
            async run() {
              let closed = 0;
              const began = performance.now();
              for (const socket of await openMany(20)) {
                socket.resume().on("close", () => (closed += 1));
                if (said !== "") socket.write(said);
              }
              await within(IDLE_SECONDS + 30, () => closed === 20);
              console.log(`20 connections ${name}: closed after ${Math.round((performance.now() - began) / 1000)} s`);
              return `${closed === 20 ? "all" : closed} closed within ${IDLE_SECONDS + 30} s`;
            },
          });
        },
        (IDLE_SECONDS + 60) * 1000,
      );
    }
  });
}
