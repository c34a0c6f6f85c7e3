// Prometheus' own tool has nothing to say against GET /metrics.
import { expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";
import { metricsWorld } from "./_metrics.ts";

async function check(text: string): Promise<{ readonly code: number; readonly said: string }> {
  const tool = Bun.spawn(["promtool", "check", "metrics"], { stdin: new Blob([text]), stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(tool.stdout).text(), new Response(tool.stderr).text()]);
  return { code: await tool.exited, said: out + err };
}

test("an idle ccb's metrics, and a busy one's", async () => {
  await using idle = await createWorld();
  await using busy = await metricsWorld();
  for (const world of [idle, busy])
    expect(await check(await (await world.request("/metrics")).text())).toEqual({ code: 0, said: "" });
});

test("the tool finds what is wrong", async () => {
  expect((await check("# HELP a_count h\n# TYPE a_count counter\na_count 1\n")).said).not.toBe("");
});
