// Smoke test of the compiled binary: bun .ci/smoke.ts dist/ccb
// Alone in an empty folder, with nothing configured, it must serve at once and ask for a sign-in.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = resolve(process.argv[2] ?? "dist/ccb");
const home = mkdtempSync(join(tmpdir(), "ccb-smoke-"));
copyFileSync(binary, join(home, "ccb"));

const env = {
  PATH: "/usr/bin:/bin",
  HOME: home,
  XDG_STATE_HOME: join(home, "state"),
  XDG_CONFIG_HOME: join(home, "config"),
  LANG: "en_US.UTF-8",
};
const child = Bun.spawn([join(home, "ccb"), "--port", "0"], { cwd: home, env, stdout: "pipe", stderr: "inherit" });

const problems: string[] = [];
function expect(what: string, holds: boolean): void {
  if (!holds) problems.push(what);
}

try {
  const reader = child.stdout.getReader();
  let output = "";
  while (!output.includes('"message":"listening"')) {
    const { done, value } = await reader.read();
    if (done) break;
    output += new TextDecoder().decode(value);
  }
  const url = /"url":"([^"]+)"/.exec(output)?.[1] ?? "";
  const health = await fetch(`${url}/health`);
  expect("GET /health is 200", health.status === 200);
  const docs = await fetch(`${url}/docs`);
  expect("GET /docs is 200", docs.status === 200);
  const script = await fetch(`${url}/docs/scalar.js`);
  expect("GET /docs/scalar.js is large", (await script.text()).length > 1_000_000);
  const page = await fetch(`${url}/`);
  expect("GET / is the page", (await page.text()).includes("/page/app.js"));
  const app = await fetch(`${url}/page/app.js`);
  expect("GET /page/app.js is there", app.status === 200 && (await app.text()).length > 50_000);
  const status = await fetch(`${url}/oauth/status`);
  expect("GET /oauth/status is 200", status.status === 200);
  const first = await fetch(`${url}/v1/messages`, { method: "POST", body: '{"model":"claude"}' });
  expect("POST /v1/messages is 401", first.status === 401);
  expect(
    "its message holds the authorization URL",
    (await first.text()).includes("https://claude.ai/oauth/authorize?code=true&client_id="),
  );
} finally {
  child.kill("SIGTERM");
  expect("it stops with 0", (await child.exited) === 0);
  rmSync(home, { recursive: true, force: true });
}
for (const problem of problems) console.error(`smoke test: not so: ${problem}`);
console.log(problems.length === 0 ? "smoke test: the binary serves" : "smoke test failed");
process.exit(problems.length === 0 ? 0 : 1);
