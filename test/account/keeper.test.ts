// Changes on their way into the vault: order, newest value, bounded waits, and what is said about it.
import { describe, expect, test } from "bun:test";
import { createKeeper } from "../../src/account/keeper.ts";
import type { KeeperStatus } from "../../src/account/keeper.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { createTestClock, settle } from "../support/clock.ts";
import { createTestLog } from "../support/log.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import type { VaultMode } from "../support/scripted-vault.ts";
import { settledNow } from "../support/world.ts";

/** The first tries come sooner than that. */
const RETRIED_BY_THEN_MS = 4_000;

function make(options: { mode?: VaultMode; load?: (vault: Vault) => Promise<void> } = {}) {
  const clock = createTestClock();
  const vault = createScriptedVault();
  const testLog = createTestLog();
  const statuses: KeeperStatus[] = [];
  let loads = 0;
  if (options.mode !== undefined) vault.mode(options.mode);
  const load = async (from: Vault): Promise<void> => {
    loads += 1;
    await options.load?.(from);
  };
  const keeper = createKeeper({
    vault,
    journal: null,
    clock,
    log: testLog.log,
    load,
    onStatus: (status) => void statuses.push(status),
  });
  return {
    clock,
    vault,
    keeper,
    statuses,
    of: (event: string) => testLog.of(event),
    loads: () => loads,
    sets: () => vault.operations.filter((operation) => operation.startsWith("set ")),
  };
}

async function open(options: Parameters<typeof make>[0] = {}) {
  const made = make(options);
  made.keeper.start();
  await settle();
  return made;
}

describe("opening", () => {
  test("nothing is touched before start; then probe, load, open", async () => {
    const { keeper, vault, statuses, loads } = make();
    await settle();
    expect(vault.operations).toEqual([]);
    expect(keeper.status()).toEqual({ phase: "opening", durable: false, fault: null });
    keeper.start();
    await settle();
    expect(vault.operations).toEqual(["probe"]);
    expect(loads()).toBe(1);
    expect(statuses).toEqual([{ phase: "open", durable: true, fault: null }]);
  });

  for (const [mode, phase, longestPauseMs] of [
    ["absent", "absent", 30_000],
    ["locked", "unreadable", 300_000],
    ["silent", "unreadable", 600_000],
    ["no_lock", "absent", 30_000],
    // What cannot be written may still be read.
    ["ambiguous", "open", 30_000],
    ["full", "open", 30_000],
    ["failed", "open", 30_000],
  ] as const) {
    test(`${mode}: ${phase}, said once, tried again until it opens`, async () => {
      const { keeper, vault, statuses, clock, loads, of } = await open({ mode });
      expect(statuses).toEqual([{ phase, durable: false, fault: mode }]);
      await clock.advance(10 * 60_000);
      expect(statuses.length).toBe(1);
      expect(of("vault_unavailable").filter(({ level }) => level === "WARNING").length).toBe(1);
      vault.mode("open");
      await clock.advance(longestPauseMs);
      expect(keeper.status()).toEqual({ phase: "open", durable: true, fault: null });
      expect(loads()).toBe(1);
    });
  }

  test("a locked keyring is asked rarely, since each try may show a prompt, and at once when a request needs it", async () => {
    const { keeper, vault, clock } = await open({ mode: "locked" });
    await clock.advance(3_600_000);
    const tries = vault.operations.length;
    await clock.advance(60_000);
    vault.mode("open");
    const settled = keeper.settled(5_000);
    await clock.advance(0);
    await settled;
    expect(keeper.status().phase).toBe("open");
    expect(vault.operations.length).toBeGreaterThan(tries);
  });

  test("the tries come after 1, 2, 4 … at most 30 s", async () => {
    const { vault, clock } = await open({ mode: "failed" });
    const at: number[] = [];
    let seen = vault.operations.length;
    for (let second = 1; second <= 120; second += 1) {
      await clock.advance(1_000);
      if (vault.operations.length > seen) at.push(second);
      seen = vault.operations.length;
    }
    expect(at).toEqual([1, 3, 7, 15, 31, 61, 91]);
  });

  test("a load that fails half-way is done again from the start", async () => {
    let broken = true;
    const { keeper, clock, loads } = await open({
      load: async (vault) => {
        await vault.get("index");
        if (broken) throw new TypeError("unexpected");
      },
    });
    expect(keeper.status()).toMatchObject({ phase: "unreadable", fault: "failed" });
    broken = false;
    await clock.advance(1_000);
    expect([keeper.status().phase, loads()]).toEqual(["open", 2]);
  });

  test("who waits for it is released when it opens, when there is none, and after the limit", async () => {
    const { keeper, vault, clock } = await open({ mode: "hang" });
    const waiting = keeper.settled(5_000);
    await clock.advance(4_999);
    expect(await settledNow(waiting)).toBe(false);
    await clock.advance(1);
    expect(await settledNow(waiting)).toBe(true);
    const again = keeper.settled(5_000);
    vault.mode("open");
    expect(await settledNow(again)).toBe(true);
    expect(await settledNow(keeper.settled(5_000))).toBe(true);
    const none = await open({ mode: "absent" });
    expect(await settledNow(none.keeper.settled(5_000))).toBe(true);
  });
});

describe("writing", () => {
  test("in order, each entry's newest value last", async () => {
    const { keeper, vault, sets } = await open();
    const written: string[] = [];
    const set = vault.set.bind(vault);
    vault.set = (name, value) => set(name, value).then(() => void written.push(`${name}=${value}`));
    const outcomes = await Promise.all([
      keeper.put("a", "1"),
      keeper.put("b", "1"),
      keeper.put("a", "2"),
      keeper.put("a", "3"),
    ]);
    expect(outcomes).toEqual([true, true, true, true]);
    expect([vault.values.get("a"), vault.values.get("b")]).toEqual(["3", "1"]);
    expect(written.at(-1)).toBe("a=3");
    const ofA = written.filter((text) => text.startsWith("a="));
    expect(ofA).toEqual(ofA.toSorted((one, other) => one.localeCompare(other)));
    expect(sets().length).toBeLessThanOrEqual(4);
  });

  test("a value that overtakes one being written is written after it", async () => {
    const { keeper, vault } = await open();
    vault.entryMode("a", "hang");
    const first = keeper.put("a", "1");
    await settle();
    const second = keeper.put("a", "2");
    const third = keeper.put("a", "3");
    await settle();
    expect(keeper.pending("a")).toBe(true);
    vault.entryMode("a", undefined);
    expect(await Promise.all([first, second, third])).toEqual([true, true, true]);
    expect([vault.values.get("a"), keeper.pending("a")]).toEqual(["3", false]);
    expect(vault.operations.filter((operation) => operation === "set a").length).toBe(2);
  });

  test("a removal is a change like others", async () => {
    const { keeper, vault } = await open();
    await keeper.put("a", "1");
    expect(await keeper.put("a", null)).toBe(true);
    expect(vault.values.has("a")).toBe(false);
    await Promise.all([keeper.put("a", null), keeper.put("a", "2")]);
    expect(vault.values.get("a")).toBe("2");
  });

  test("at most 5 s; then it is said that the vault is silent, and it is written when it answers", async () => {
    const { keeper, vault, clock, statuses } = await open();
    vault.mode("hang");
    const put = keeper.put("a", "1");
    await clock.advance(4_999);
    expect(await settledNow(put)).toBe(false);
    await clock.advance(1);
    expect(await put).toBe(false);
    expect(keeper.status()).toEqual({ phase: "open", durable: false, fault: "silent" });
    vault.mode("open");
    await settle();
    expect([vault.values.get("a"), keeper.status().durable]).toEqual(["1", true]);
    expect(statuses.map(({ fault }) => fault)).toEqual([null, "silent", null]);
  });

  test("a locked vault answers at once, keeps the change, and writes it when it opens", async () => {
    const { keeper, vault, clock, statuses } = await open();
    vault.mode("locked");
    expect(await keeper.put("a", "1")).toBe(false);
    expect(keeper.status()).toEqual({ phase: "open", durable: false, fault: "locked" });
    expect(keeper.pending("a")).toBe(true);
    vault.mode("open");
    await clock.advance(30_000);
    expect([vault.values.get("a"), keeper.pending("a"), keeper.status().durable]).toEqual(["1", false, true]);
    expect(statuses.map(({ fault }) => fault)).toEqual([null, "locked", null]);
  });

  test("nobody who was overtaken while the write failed waits for the whole 5 s", async () => {
    const { keeper, vault } = await open();
    vault.mode("hang");
    const first = keeper.put("a", "1");
    await settle();
    const second = keeper.put("a", "2");
    vault.mode("locked");
    expect(await Promise.all([first, second])).toEqual([false, false]);
  });

  for (const fault of ["ambiguous", "full", "failed"] as const) {
    test(`one entry that is ${fault} does not hold up the others`, async () => {
      const { keeper, vault, clock } = await open();
      vault.entryMode("bad", fault);
      const outcomes = await Promise.all([keeper.put("bad", "1"), keeper.put("good", "1")]);
      expect(outcomes).toEqual([false, true]);
      expect(keeper.status()).toEqual({ phase: "open", durable: false, fault });
      expect(await keeper.put("good", "2")).toBe(true);
      vault.entryMode("bad", undefined);
      await clock.advance(30_000);
      expect([vault.values.get("bad"), keeper.status().durable]).toEqual(["1", true]);
    });
  }

  test("before it opens changes wait, and go in when it does, after the load", async () => {
    const { keeper, vault, clock } = await open({ mode: "locked" });
    expect(await keeper.put("a", "1")).toBe(false);
    vault.mode("open");
    await clock.advance(30_000);
    expect(vault.operations.slice(vault.operations.lastIndexOf("probe"))).toEqual(["probe", "set a"]);
  });
});

describe("what waits is not durable", () => {
  for (const mode of ["locked", "silent", "absent"] as const) {
    test(`${mode} until now: not durable before what waited is written, and said once`, async () => {
      const { keeper, vault, clock, statuses } = await open({ mode });
      expect(await keeper.put("a", "1")).toBe(false);
      vault.entryMode("a", "hang");
      vault.mode("open");
      await clock.advance(RETRIED_BY_THEN_MS);
      expect(vault.operations.at(-1)).toBe("set a");
      expect(keeper.status()).toEqual({ phase: "open", durable: false, fault: mode });
      vault.entryMode("a", undefined);
      await settle();
      expect([vault.values.get("a"), keeper.status().durable]).toEqual(["1", true]);
      expect(statuses.map(({ durable }) => durable)).toEqual([false, false, true]);
    });
  }

  test("nor what the load itself brings to be written", async () => {
    const { keeper, vault, clock } = await open({
      mode: "locked",
      load: async () => void made.keeper.put("a", "1"),
    });
    const made = { keeper };
    vault.entryMode("a", "hang");
    vault.mode("open");
    await clock.advance(RETRIED_BY_THEN_MS);
    expect([vault.operations.at(-1), keeper.status().durable]).toEqual(["set a", false]);
    vault.entryMode("a", undefined);
    await settle();
    expect([vault.values.get("a"), keeper.status().durable]).toEqual(["1", true]);
  });
});

describe("reading again", () => {
  test("the value, null where there is none, undefined where there is no answer", async () => {
    const { keeper, vault, clock } = await open();
    await keeper.put("a", "1");
    expect([await keeper.read("a"), await keeper.read("b")]).toEqual(["1", null]);
    vault.mode("locked");
    expect(await keeper.read("a")).toBeUndefined();
    vault.mode("hang");
    const read = keeper.read("a");
    await clock.advance(5_000);
    expect(await read).toBeUndefined();
  });
});

describe("closing", () => {
  test("writes what is left, then closes; afterwards nothing is taken", async () => {
    const { keeper, vault } = await open();
    void keeper.put("a", "1");
    await keeper.close(5_000);
    expect([vault.values.get("a"), vault.closed]).toEqual(["1", true]);
    expect(await keeper.put("b", "1")).toBe(false);
    expect(vault.values.has("b")).toBe(false);
  });

  test("a vault that hangs is waited for at most so long, and no timer stays", async () => {
    const { keeper, vault, clock } = await open();
    vault.mode("hang");
    void keeper.put("a", "1");
    const closing = keeper.close(3_000);
    await clock.advance(2_999);
    expect(await settledNow(closing)).toBe(false);
    await clock.advance(1);
    expect(await settledNow(closing)).toBe(true);
    expect(vault.closed).toBe(true);
    await clock.advance(10_000);
    expect(clock.timers()).toEqual([]);
  });

  test("a store that refuses all the time is said once, until it has taken something", async () => {
    const { keeper, vault, clock, of } = await open();
    const warned = () => of("vault_write_failed").filter(({ level }) => level === "WARNING").length;
    vault.mode("newer");
    await keeper.put("a", "1");
    expect(warned()).toBe(1);
    const closing = keeper.close(5_000);
    await clock.advance(5_000);
    await closing;
    expect(of("vault_write_failed").length).toBeGreaterThan(5);
    expect(warned()).toBe(1);

    const other = await open();
    for (const value of ["1", "2"]) {
      other.vault.mode("full");
      await other.keeper.put("a", value);
      other.vault.mode("open");
      await other.clock.advance(10_000);
    }
    expect(other.of("vault_write_failed").filter(({ level }) => level === "WARNING").length).toBe(2);
  });

  test("what was refused before gets one more try", async () => {
    const { keeper, vault } = await open();
    vault.mode("locked");
    await keeper.put("a", "1");
    vault.mode("open");
    await keeper.close(5_000);
    expect(vault.values.get("a")).toBe("1");
  });
});
