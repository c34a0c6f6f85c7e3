// Starting the program: checked with a stand-in, so that it says something before the real one is built.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { configText, freePort, requireBinary, runCcb, startCcb } from "./binary.ts";

const folder = mkdtempSync(join(tmpdir(), "ccb-standin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function standIn(name: string, source: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${source}`, { mode: 0o700 });
  return file;
}

const server = standIn(
  "server.ts",
  `const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
   Bun.serve({ hostname: "127.0.0.1", port, fetch: (request) => new Response(JSON.stringify({ path: new URL(request.url).pathname, env: process.env })) });
   process.on("SIGTERM", () => { console.error("bye"); process.exit(7); });
   console.log("listening");`,
);

test("it waits for /health, talks, collects output and gives the exit code back", async () => {
  await using ccb = await startCcb({
    binary: server,
    config: { upstream: "http://127.0.0.1:1" },
    env: { EXTRA: "1" },
  });
  const seen: {
    path: string;
    env: Record<string, string>;
  } = JSON.parse(await (await ccb.request("/x")).text());
  expect([seen.path, seen.env["EXTRA"], seen.env["HOME"], seen.env["DBUS_SESSION_BUS_ADDRESS"]]).toEqual([
    "/x",
    "1",
    ccb.home,
    undefined,
  ]);
  await ccb.output("listening");
  expect(await ccb.stop()).toBe(7);
  expect(ccb.stderr).toContain("bye");
});

test("a kill is a kill", async () => {
  await using ccb = await startCcb({ binary: server, config: "providers: []" });
  await ccb.kill();
  expect(await ccb.exited).toBe(137);
});

test("an early end is an error with its output", async () => {
  const broken = standIn("broken.ts", `console.error("bad configuration"); process.exit(2);`);
  expect(startCcb({ binary: broken, config: "x" })).rejects.toThrow(/ended with 2[^]*bad configuration/);
  expect(await runCcb(["check"], { binary: broken })).toEqual({
    code: 2,
    stdout: "",
    stderr: "bad configuration\n",
  });
});

test("a missing binary says what to do", () => {
  expect(() => requireBinary(join(folder, "none"))).toThrow("make build");
});

test("the configuration is made of its pieces", () => {
  const made: unknown = parse(
    configText({
      upstream: "http://u",
      oauth: { authorizeUrl: "http://a", tokenUrl: "http://t" },
      settings: { log_level: "DEBUG", oauth: { enable_persistence: false } },
    }),
  );
  expect(made).toMatchObject({
    providers: [{ base_url: "http://u", auth_value: "oauth" }],
    settings: {
      log_level: "DEBUG",
      oauth: { authorize_url: "http://a", token_url: "http://t", enable_persistence: false },
    },
  });
});

test("a free port can be bound", async () => {
  const port = await freePort();
  using listener = Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response() });
  expect(listener.port).toBe(port);
});
