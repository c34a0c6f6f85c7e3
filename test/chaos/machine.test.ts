// What the machine may do to ccb, as any user can make it happen: names, certificates, descriptors. What needs root, a
// clock or a keyring is in machine.mount, clock.faketime and keyring.keyring beside this file.
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { envelopeOf, messagesRequest, startKeyed } from "../binary/_ccb.ts";
import { rawClient } from "../binary/_raw.ts";
import { anthropicMessage } from "../support/anthropic.ts";
import { freePort, makeHome, requireBinary } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { CERTIFICATES } from "./_certificates.ts";
import { descriptorsOf, keyed, startRig, within } from "./_rig.ts";
import type { Fault, Rig } from "./_rig.ts";
import { messagesBytes } from "./_wire.ts";

const ask = (ccb: Ccb, model: string): Promise<Response> =>
  ccb.request("/v1/messages", { ...messagesRequest({ model }), keepalive: false });

/** Status and code of ccb's own error, "200" where it was served. */
async function outcome(ccb: Ccb, model: string): Promise<string> {
  const reply = await ask(ccb, model);
  if (reply.status === 200) return `200 ${(await reply.text()).includes("end_turn") ? "whole" : "other"}`;
  const wait = reply.headers.get("retry-after");
  const error = await envelopeOf(reply);
  return `${error.status} ${error.type} ${/\(([A-Z_]+)\)/.exec(error.message)?.[1]}, retry-after ${wait}`;
}

interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** An upstream at a port of the row's own, which may change its certificate. */
function serveTls(port: number, tls: Tls | null) {
  const seen = { requests: 0 };
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    ...(tls === null ? {} : { tls }),
    fetch: () => {
      seen.requests += 1;
      return Response.json(anthropicMessage("well"));
    },
  });
  return { seen, stop: () => server.stop(true) };
}

describe("names and certificates", () => {
  const ROWS: Readonly<Record<string, { tls: Tls | null; code: string }>> = {
    "a certificate that nobody vouches for": { tls: SELF_SIGNED, code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    "an expired certificate": { tls: CERTIFICATES.expired, code: "CERT_HAS_EXPIRED" },
    "a certificate of another host": { tls: CERTIFICATES.wrongName, code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    "no TLS at the other end": { tls: null, code: "EPROTO" },
  };
  const model = (name: string): string => name.replaceAll(" ", "-");
  let rig: Rig;
  const home = makeHome();
  const ports = new Map<string, number>();

  test("each is that request's error, and over with its cause", async () => {
    for (const name of Object.keys(ROWS)) ports.set(name, await freePort());
    // Vouched for, so that each of these has the one fault of its row; the good one is for the time after.
    const good = CERTIFICATES.loopback;
    writeFileSync(
      join(home, "ca.pem"),
      [CERTIFICATES.expired, CERTIFICATES.wrongName, good].map(({ cert }) => cert).join(""),
    );
    const named = [...ports].map(([name, port]) => ({ name, url: `https://127.0.0.1:${port}` }));
    const all = [...named, { name: "nowhere", url: "https://upstream-of-a-test.invalid" }];
    rig = await startRig({
      providers: all.map(({ name, url }) => keyed(url, { name })),
      routes: Object.fromEntries(all.map(({ name }) => [model(name), [{ provider: name }]])),
      settings: { ca_file: join(home, "ca.pem") },
    });
    await rig.run({
      name: "DNS: a name that does not exist",
      expect: "503 api_error ENOTFOUND, retry-after 3; 3 more the same",
      async run({ ccb }) {
        const first = await outcome(ccb, "nowhere");
        const more = await Promise.all([1, 2, 3].map(() => outcome(ccb, "nowhere")));
        // EAI_AGAIN where the machine has no name server that answers.
        return `${first}; ${more.filter((each) => each === first).length} more the same`.replace(
          "EAI_AGAIN",
          "ENOTFOUND",
        );
      },
    });
    for (const [name, { tls, code }] of Object.entries(ROWS)) {
      await rig.run({
        name: `TLS: ${name}`,
        expect: `503 api_error ${code}, retry-after 3; 0 requests sent; then 200 whole`,
        async run({ ccb }) {
          const port = ports.get(name) ?? 0;
          const bad = serveTls(port, tls);
          const during = await outcome(ccb, model(name));
          await bad.stop();
          const well = serveTls(port, good);
          const after = await outcome(ccb, model(name));
          await well.stop();
          return `${during}; ${bad.seen.requests} requests sent; then ${after}`;
        },
      });
    }
  });
  afterAll(async () => {
    rig.print("names and certificates");
    await rig[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  });
});

/** Processor time that a process has used, milliseconds; Linux counts it in ticks of 10. */
function busyMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

describe("descriptors", () => {
  const LIMIT = 100;
  const NETWORK_WATCH_MS = 6_000;
  const home = makeHome();
  const wrapper = join(home, "ccb.sh");
  writeFileSync(wrapper, `#!/bin/sh\nulimit -n ${LIMIT}\nexec '${requireBinary()}' "$@"\n`, { mode: 0o755 });
  afterAll(() => rmSync(home, { recursive: true }));

  /** Connections that say nothing, until ccb can take no more. */
  async function exhaust(ccb: Ccb): Promise<Socket[]> {
    const sockets = Array.from({ length: 3 * LIMIT }, () => {
      const socket = connect(ccb.port, "127.0.0.1");
      socket.on("error", () => {});
      return socket;
    });
    expect(await within(10, () => descriptorsOf(ccb.pid) >= LIMIT)).toBe(true);
    return sockets;
  }

  test("none left: who is connected is served, the processor rests, and all is well when they are back", async () => {
    const upstream = createServer((socket) => socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => void upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const rig = await startRig({
      binary: wrapper,
      providers: [keyed(url, { name: "New" })],
      routes: { new: [{ provider: "New" }] },
    });
    const fault: Fault = {
      name: `EMFILE: ${3 * LIMIT} connections, ${LIMIT} descriptors`,
      expect: "kept 200, new upstream 503, idle processor, then 200",
      async run({ ccb }) {
        const kept = await rawClient(ccb.port);
        kept.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await kept.until('"status"');
        const sockets = await exhaust(ccb);
        await ccb.output("descriptors_exhausted");
        const [before, from] = [busyMs(ccb.pid), performance.now()];
        // Longer than the pause between two looks at the network, which need descriptors too.
        await Bun.sleep(NETWORK_WATCH_MS);
        const share = (busyMs(ccb.pid) - before) / (performance.now() - from);
        console.log(`no descriptor left: ${Math.round(share * 100)} % of a processor, the canary's work among it`);
        kept.send(messagesBytes("new"));
        await kept.until("New could not be reached (EMFILE)");
        const status = /HTTP\/1\.1 (\d+)[^]*HTTP\/1\.1 (\d+)/.exec(kept.text) ?? [];
        for (const socket of sockets) socket.destroy();
        const again = await within(5, async () => (await ccb.request("/health", { keepalive: false })).status === 200);
        kept.abort();
        return `kept ${status[1]}, new upstream ${status[2]}, ${share < 0.5 ? "idle" : "busy"} processor, then ${again ? 200 : 0}`;
      },
    };
    try {
      await rig.run(fault);
    } finally {
      rig.print("descriptors");
      await rig[Symbol.asyncDispose]();
      upstream.close();
    }
  });

  test("none left for the first request of all: it is an error of that request, and not the end of ccb", async () => {
    await using ccb = await startKeyed("http://127.0.0.1:1", { binary: wrapper });
    const kept = await rawClient(ccb.port);
    kept.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await kept.until('"status"');
    const sockets = await exhaust(ccb);
    kept.send("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await kept.until("HTTP/1.1 503");
    for (const socket of sockets) socket.destroy();
    kept.abort();
    expect(await within(5, async () => (await ccb.request("/health", { keepalive: false })).status === 200)).toBe(true);
  });
});
