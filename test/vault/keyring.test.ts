// The queue and the deadline in front of the keyring's Worker, with a scripted Worker and a clock that stands still.
import { afterEach, describe, expect, test } from "bun:test";
import { createKeyringVault } from "../../src/vault/keyring.ts";
import type { WorkerLike } from "../../src/vault/keyring.ts";
import { parseKeyringRequest } from "../../src/vault/keyring-messages.ts";
import type { KeyringRequest } from "../../src/vault/keyring-messages.ts";
import { createTestClock, settle } from "../support/clock.ts";
import { faultOf } from "../support/vault-fault.ts";

class ScriptedWorker implements WorkerLike {
  readonly requests: KeyringRequest[] = [];
  terminated = false;
  readonly #listeners = new Map<string, (event: unknown) => void>();

  postMessage(message: unknown): void {
    const request = parseKeyringRequest(message);
    if (request === null) throw new Error("the vault posted no request");
    this.requests.push(request);
  }
  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.#listeners.set(type, listener);
  }
  terminate(): void {
    this.terminated = true;
  }
  emit(type: "message" | "error" | "close", event: unknown): void {
    this.#listeners.get(type)?.(event);
  }
  /** Answers the newest request. */
  answer(value: string | null | string[] = null): void {
    this.emit("message", { data: { id: this.requests.at(-1)?.id, ok: true, value } });
  }
  refuse(fault: string, message: string, over = false): void {
    this.emit("message", {
      data: { id: this.requests.at(-1)?.id, ok: false, fault, message, over },
    });
  }
}

function setUp() {
  const clock = createTestClock();
  const workers: ScriptedWorker[] = [];
  let seed = 0;
  const vault = createKeyringVault({
    service: "ccb:alice",
    spawn: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(++seed), fraction: () => 0 },
    callDeadlineMs: 60_000,
  });
  const worker = (index = 0): ScriptedWorker => {
    const found = workers[index];
    if (found === undefined) throw new Error(`no Worker ${index}`);
    return found;
  };
  return { clock, workers, worker, vault };
}

let world = setUp();
afterEach(() => {
  expect(world.clock.timers()).toEqual([]); // no deadline outlives its call
  world = setUp();
});

describe("keyring vault", () => {
  test("starts its Worker with the first call and keeps it", async () => {
    const { vault, workers, worker } = world;
    expect(workers).toHaveLength(0);
    const got = vault.get("a");
    worker().answer("1");
    expect(await got).toBe("1");
    const set = vault.set("a", "2");
    worker().answer();
    await set;
    const listed = vault.list();
    worker().answer(["a"]);
    expect(await listed).toEqual(["a"]);
    expect(workers).toHaveLength(1);
    expect(worker().requests.map(({ op, service, name }) => [op, service, name])).toEqual([
      ["get", "ccb:alice", "a"],
      ["set", "ccb:alice", "a"],
      ["list", "ccb:alice", ""],
    ]);
  });

  test("sends one call at a time, in order", async () => {
    const { vault, worker } = world;
    const done: string[] = [];
    const calls = ["a", "b", "c"].map((name) => vault.get(name).then(() => done.push(name)));
    for (const count of [1, 2, 3]) {
      expect(worker().requests).toHaveLength(count);
      worker().answer(null);
      await settle();
      expect(done).toHaveLength(count);
    }
    await Promise.all(calls);
    expect(done).toEqual(["a", "b", "c"]);
  });

  test("an answer just before the deadline still counts: somebody typed a password", async () => {
    const { clock, vault, worker } = world;
    const got = vault.get("a");
    await clock.advance(59_999);
    worker().answer("late");
    expect(await got).toBe("late");
  });

  test("at the deadline the Worker is ended, the call is silent, the next one has a Worker of its own and its own time", async () => {
    const { clock, vault, workers, worker } = world;
    const first = vault.get("a");
    const second = vault.get("b");
    const given = faultOf(first);
    await clock.advance(60_000);
    expect(await given).toBe("silent");
    expect(worker(0).terminated).toBe(true);
    expect(workers).toHaveLength(2);
    worker(0).answer("the old one's last words");
    await clock.advance(30_000);
    worker(1).answer("b");
    expect(await second).toBe("b");
  });

  test("no Worker is started again before somebody asks", async () => {
    const { clock, vault, workers, worker } = world;
    const given = faultOf(vault.get("a"));
    await clock.advance(60_000);
    expect(await given).toBe("silent");
    expect(workers).toHaveLength(1);
    const got = vault.get("a");
    worker(1).answer("1");
    expect(await got).toBe("1");
  });

  test("faults come through, and the Worker stays", async () => {
    const { vault, workers, worker } = world;
    const refused = vault.set("a", "1");
    worker().refuse("locked", "unlock prompt was dismissed");
    const error: unknown = await refused.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "VaultError",
      fault: "locked",
      message: "unlock prompt was dismissed",
    });
    const got = vault.get("a");
    worker().answer(null);
    expect(await got).toBeNull();
    expect(workers).toHaveLength(1);
  });

  test("a Worker that says it can do no more is replaced", async () => {
    const { vault, workers, worker } = world;
    const refused = faultOf(vault.get("a"));
    worker().refuse("failed", "could not be loaded", true);
    expect(await refused).toBe("failed");
    expect(worker(0).terminated).toBe(true);
    const got = vault.get("a");
    worker(1).answer("1");
    expect(await got).toBe("1");
    expect(workers).toHaveLength(2);
  });

  test.each(["error", "close"] as const)("a Worker lost to %s fails its call, not the next", async (type) => {
    const { vault, worker } = world;
    const first = vault.get("a");
    const second = vault.get("b");
    const lost = faultOf(first);
    worker(0).emit(type, type === "error" ? { message: "boom" } : {});
    expect(await lost).toBe("failed");
    worker(1).answer("b");
    expect(await second).toBe("b");
  });

  test("a Worker that cannot be started is a fault of each call", async () => {
    const vault = createKeyringVault({
      service: "s",
      spawn: () => {
        throw new Error("no threads");
      },
      clock: world.clock,
      random: { bytes: (length) => new Uint8Array(length), fraction: () => 0 },
    });
    expect(await faultOf(vault.get("a"))).toBe("failed");
    expect(await faultOf(vault.get("a"))).toBe("failed");
  });

  test("messages that are no reply, or another call's, are not taken for one", async () => {
    const { vault, worker } = world;
    const got = vault.get("a");
    for (const data of [null, "1", { id: 1 }, { id: 99, ok: true, value: "x" }, { id: 1, ok: false, fault: "new" }]) {
      worker().emit("message", { data });
    }
    worker().emit("message", "no event");
    worker().answer("1");
    expect(await got).toBe("1");
  });

  test("probes with a value never used before, and removes it", async () => {
    const { vault, worker } = world;
    const values: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const probed = vault.probe();
      const request = worker().requests.at(-1);
      const value = request?.op === "set" ? request.value : "";
      values.push(value);
      worker().answer();
      await settle();
      worker().answer(value);
      await settle();
      worker().answer();
      await probed;
    }
    const round = ["set probe", "get probe", "delete probe"];
    expect(worker().requests.map(({ op, name }) => `${op} ${name}`)).toEqual([...round, ...round]);
    expect(new Set(values).size).toBe(2);
    expect(values.every((value) => value.length >= 16)).toBe(true);
  });

  test("a probe that reads something else fails", async () => {
    const { vault, worker } = world;
    const probed = faultOf(vault.probe());
    worker().answer();
    await settle();
    worker().answer("of yesterday");
    expect(await probed).toBe("failed");
  });

  test("names that a keyring would spoil never reach it", async () => {
    const { vault, workers } = world;
    for (const name of ["", "a\0b", "é"]) expect(await faultOf(vault.get(name))).toBe("failed");
    expect(workers).toHaveLength(0);
  });

  test("closing ends the Worker and every call", async () => {
    const { vault, worker } = world;
    const calls = [vault.get("a"), vault.get("b")].map(faultOf);
    vault.close();
    expect(await Promise.all(calls)).toEqual(["failed", "failed"]);
    expect(worker().terminated).toBe(true);
    expect(await faultOf(vault.get("c"))).toBe("failed");
    vault.close();
  });
});
