// ccb doctor with a real Secret Service: open, beside a running ccb, locked, silent.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DoctorReportSchema } from "../../src/cli/doctor/report.ts";
import { said } from "../cli/_doctor.ts";
import { documentOf } from "../cli/_served.ts";
import { configText, runCcb } from "../support/binary.ts";
import { createSetting, persistence, until } from "./_ccb.ts";
import type { Setting } from "./_ccb.ts";

async function doctor({ home, oauth, upstream, service }: Setting, port = 1) {
  const file = join(home, "doctor.yaml");
  writeFileSync(file, configText({ upstream: upstream.url, oauth, settings: { port } }), { mode: 0o600 });
  const env = { DBUS_SESSION_BUS_ADDRESS: service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" };
  const finished = await runCcb(["doctor", "--json", "--config", file], { home, env });
  return { ...finished, report: documentOf(finished, DoctorReportSchema) };
}

const KEPT = "ok: The system keyring kept, gave back and removed a test entry: accounts are durable.";

test("open: an entry is written, read back and removed; nothing of it stays", async () => {
  await using setting = await createSetting();
  const { report } = await doctor(setting);
  expect(said(report, "store")).toEqual([KEPT]);
  expect(said(report, "other_ccb")).toEqual(["ok: No other ccb uses this store of accounts."]);
  expect(await setting.entries()).not.toContain("doctor-probe");
});

test("beside a running ccb: both say so", async () => {
  await using setting = await createSetting();
  const ccb = await setting.start();
  await until("the keyring was opened", async () => (await persistence(ccb)).durable);
  const { report } = await doctor(setting, ccb.port);
  expect(said(report, "store")).toEqual([KEPT, "ok: The running ccb says: Tokens are kept in the system keyring."]);
  expect(said(report, "other_ccb")).toEqual(["ok: The running ccb has the store of accounts."]);
});

test("locked and silent are problems, with what to do, and end in time", async () => {
  await using setting = await createSetting();
  await setting.service.lock();
  const locked = await doctor(setting);
  expect(said(locked.report, "store")[0]).toMatch(/^problem: Accounts are not durable: the keyring (?:is locked|does not answer)/); // prettier-ignore
  expect(locked.code).toBe(1);
  setting.service.freeze();
  const began = performance.now();
  const silent = await doctor(setting);
  expect(performance.now() - began).toBeLessThan(10_000);
  setting.service.thaw();
  expect(said(silent.report, "store")[0]).toStartWith("problem: Accounts are not durable: the keyring does not answer");
  expect(silent.report.findings.find(({ check }) => check === "store")?.advice).toBeString();
});
