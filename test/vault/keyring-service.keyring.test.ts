// The keyring vault on a real Secret Service: a child program, its Worker, libdbus, gnome-keyring.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startKeyringChild } from "../support/keyring-child.ts";
import type { KeyringChild } from "../support/keyring-child.ts";
import { startSecretService } from "../support/secret-service.ts";
import type { SecretService } from "../support/secret-service.ts";
import { eventually } from "../support/world.ts";

let service: SecretService;
let children: KeyringChild[] = [];
beforeEach(async () => {
  service = await startSecretService();
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.stop()));
  children = [];
  await service.stop();
});

function start(options: Parameters<typeof startKeyringChild>[1] = {}, env = service.env): KeyringChild {
  const child = startKeyringChild(env, options);
  children.push(child);
  return child;
}

const stored = { value: null };

describe("on a Secret Service", () => {
  test("probes, writes, reads, lists, removes; another program sees the value, and no probe is left", async () => {
    const vault = start();
    expect(await vault.ask({ op: "probe" })).toMatchObject(stored);
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: null });
    const value = `{"token":"é😀${"x".repeat(4096)}"}`;
    expect(await vault.ask({ op: "set", name: "a", value })).toMatchObject(stored);
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value });
    expect(await service.tool(["lookup", "service", "ccb-test", "username", "a"])).toBe(value);
    expect(await vault.ask({ op: "list" })).toMatchObject({ value: ["a"] });
    expect(await vault.ask({ op: "delete", name: "a" })).toMatchObject(stored);
    expect(await vault.ask({ op: "delete", name: "a" })).toMatchObject(stored);
    expect(await vault.ask({ op: "list" })).toMatchObject({ value: [] });
  });

  test("each service name has its own entries", async () => {
    const [alice, bob] = [start({ service: "ccb:alice" }), start({ service: "ccb:bob" })];
    await alice.ask({ op: "set", name: "a", value: "of alice" });
    expect(await bob.ask({ op: "get", name: "a" })).toMatchObject({ value: null });
    expect(await bob.ask({ op: "list" })).toMatchObject({ value: [] });
  });

  test("locked: every call says so, and the same vault works once it is unlocked", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "1" });
    await service.lock();
    expect(await vault.ask({ op: "probe" })).toMatchObject({ fault: "locked" });
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ fault: "locked" });
    expect(await vault.ask({ op: "set", name: "a", value: "2" })).toMatchObject({
      fault: "locked",
    });
    expect(await vault.ask({ op: "delete", name: "a" })).toMatchObject({ fault: "locked" });
    expect(await vault.ask({ op: "list" })).toMatchObject({ fault: "locked" });
    await service.unlock();
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: "1" });
    expect(await vault.ask({ op: "probe" })).toMatchObject(stored);
  });

  test("a frozen keyring is silent, and answers again once it is thawed", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "1" });
    service.freeze();
    expect(await vault.ask({ op: "set", name: "a", value: "2" })).toMatchObject({
      fault: "silent",
    });
    service.thaw();
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: "1" });
  });

  test("a late answer still comes: the wait for it is as long as a person takes", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "1" });
    service.freeze("bus");
    const set = vault.ask({ op: "set", name: "a", value: "2" });
    await Bun.sleep(1500); // real time: the bus is a process of its own
    service.thaw();
    expect(await set).toMatchObject(stored);
    expect(await service.tool(["lookup", "service", "ccb-test", "username", "a"])).toBe("2");
  });

  test("a write that was given up while the bus hung never lands afterwards", async () => {
    // A busy machine takes longer for the first call of all than the one below may.
    expect(await start().ask({ op: "set", name: "a", value: "old" })).toMatchObject(stored);
    const vault = start({ callDeadlineMs: 700 });
    await eventually("it has begun", async () => {
      const answer = await vault.ask({ op: "get", name: "a" });
      return "value" in answer && answer.value === "old";
    });
    service.freeze("bus");
    const set = await vault.ask({ op: "set", name: "a", value: "given up" });
    expect(set).toMatchObject({ fault: "silent" });
    service.thaw();
    await Bun.sleep(500); // real time: the thread of the old Worker has its answers now
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: "old" });
  });

  test("absent: no address of a bus, no bus, no keyring on the bus", async () => {
    const { DBUS_SESSION_BUS_ADDRESS, ...noAddress } = service.env;
    const noBus = { ...noAddress, DBUS_SESSION_BUS_ADDRESS: `${DBUS_SESSION_BUS_ADDRESS}-gone` };
    for (const env of [noAddress, noBus]) {
      const vault = start({}, env);
      expect(await vault.ask({ op: "probe" })).toMatchObject({ fault: "absent" });
      expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ fault: "absent" });
      expect(await vault.ask({ op: "list" })).toMatchObject({ fault: "absent" });
    }
    const vault = start();
    await service.kill();
    expect(await vault.ask({ op: "probe" })).toMatchObject({ fault: "absent" });
    await service.restart();
    expect(await vault.ask({ op: "probe" })).toMatchObject(stored);
  });

  test("restarted: values outlive the daemon, and the vault that saw the old one goes on", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "1" });
    await service.restart();
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: "1" });
    await service.restart();
    expect(await vault.ask({ op: "set", name: "a", value: "2" })).toMatchObject(stored);
    expect(await start().ask({ op: "get", name: "a" })).toMatchObject({ value: "2" });
  });

  test("ambiguous: two entries under one name are told, and neither is touched", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "ours" });
    await service.tool(["store", "--label=x", "service", "ccb-test", "username", "a", "other", "1"], "theirs");
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ fault: "ambiguous" });
    expect(await vault.ask({ op: "set", name: "a", value: "mine now" })).toMatchObject({
      fault: "ambiguous",
    });
    expect(await vault.ask({ op: "delete", name: "a" })).toMatchObject({ fault: "ambiguous" });
    const found = await service.tool(["search", "--all", "service", "ccb-test", "username", "a"]);
    expect(found).toContain("secret = ours");
    expect(found).toContain("secret = theirs");
    expect(await vault.ask({ op: "set", name: "b", value: "1" })).toMatchObject(stored);
  });

  test("full: a keyring that cannot write its file says so, and keeps the old value", async () => {
    const vault = start();
    await vault.ask({ op: "set", name: "a", value: "1" });
    await service.fillDisk();
    const answer = await vault.ask({
      op: "set",
      name: "a",
      value: "a-secret-that-must-not-be-said",
    });
    expect(answer).toMatchObject({ fault: "full" });
    expect(JSON.stringify(answer)).not.toContain("a-secret-that-must-not-be-said");
    expect(await vault.ask({ op: "set", name: "new", value: "1" })).toMatchObject({
      fault: "full",
    });
    expect(await vault.ask({ op: "get", name: "a" })).toMatchObject({ value: "1" });
  });

  test("a hanging keyring does not hold up the event loop, nor the end of the process", async () => {
    const script = `
      import { createKeyringVault } from "${import.meta.dir}/../../src/vault/keyring.ts";
      const clock = { now: Date.now, monotonic: Date.now, after: (ms, f) => { const t = setTimeout(f, ms); return () => clearTimeout(t); } };
      const vault = createKeyringVault({ service: "s", clock, random: {}, spawn: () => new Worker("${import.meta.dir}/../../src/vault/keyring-worker.ts") });
      vault.get("a").catch(() => {});
      let worst = 0;
      for (let last = performance.now(), i = 0; i < 50; i += 1) {
        await Bun.sleep(10);
        worst = Math.max(worst, performance.now() - last);
        last = performance.now();
      }
      console.log(worst);
      process.exit(0);`;
    service.freeze("bus");
    const child = Bun.spawn([process.execPath, "-e", script], {
      env: service.env,
      stdout: "pipe",
      stderr: "inherit",
    });
    const worst = Number(await child.stdout.text());
    expect(await child.exited).toBe(0);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(400);
  });
});
