// The store's lock: one process, named to the second, gone with its holder however that ends.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CcbError } from "../../src/core/errors.ts";
import { acquireStoreLock } from "../../src/vault/lock.ts";
import { startLockChild } from "../support/lock-child.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ccb-lock-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const options = (over: Partial<Parameters<typeof acquireStoreLock>[0]> = {}) => ({
  directory: join(root, "state", "ccb"),
  service: "claude-code-balancer:alice",
  holder: { pid: process.pid, address: "127.0.0.1:9090" },
  ...over,
});

function refusal(attempt: () => unknown): CcbError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof CcbError) return error;
    throw error;
  }
  throw new Error("the lock was given");
}

describe("store lock", () => {
  test("a second process is told who holds it; when the holder is killed, the lock is free", async () => {
    const { directory, service } = options();
    const holder = await startLockChild(directory, service, "127.0.0.1:7777");
    try {
      const error = refusal(() => acquireStoreLock(options()));
      expect(error.code).toBe("store_held");
      expect(error.message).toContain(String(holder.pid));
      expect(error.message).toContain("127.0.0.1:7777");
    } finally {
      await holder.kill();
    }
    acquireStoreLock(options()).release();
  });

  test("within one process too there is one holder, until it lets go", () => {
    const lock = acquireStoreLock(options());
    expect(refusal(() => acquireStoreLock(options())).message).toContain(String(process.pid));
    lock.release();
    lock.release();
    const next = acquireStoreLock(options());
    expect(refusal(() => acquireStoreLock(options())).code).toBe("store_held");
    next.release();
  });

  test("other services have locks of their own, even where their file names would be alike", () => {
    const services = ["ccb:alice", "ccb:Alice", "ccb-alice", "ccb:../alice", "x".repeat(300)];
    const locks = services.map((service) => acquireStoreLock(options({ service })));
    expect(new Set(readdirSync(options().directory).filter((name) => name.endsWith(".lock"))).size).toBe(
      services.length,
    );
    for (const lock of locks) lock.release();
  });

  test("nobody else can look into the folder or the files", () => {
    const lock = acquireStoreLock(options());
    const { directory } = options();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
    lock.release();
  });

  test.each(["", "{", '{"pid":"x"}', '{"pid":1,"address":5}'])("a holder that wrote %j is held, unnamed", (text) => {
    const lock = acquireStoreLock(options());
    const { directory } = options();
    const sidecar = readdirSync(directory).find((name) => name.endsWith(".json")) ?? "missing";
    writeFileSync(join(directory, sidecar), text);
    expect(refusal(() => acquireStoreLock(options())).code).toBe("store_held");
    lock.release();
  });

  test("a folder that cannot be made or written is another error, and names the folder", () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    for (const directory of [join(file, "ccb"), file]) {
      const error = refusal(() => acquireStoreLock(options({ directory })));
      expect(error.code).toBe("vault_failed");
      expect(error.message).toContain(directory);
    }
  });

  test("a lock file that is no database is not taken for held", () => {
    acquireStoreLock(options()).release();
    const { directory } = options();
    const lockFile = readdirSync(directory).find((name) => name.endsWith(".lock")) ?? "missing";
    writeFileSync(join(directory, lockFile), "x".repeat(4096));
    expect(refusal(() => acquireStoreLock(options())).code).toBe("vault_failed");
  });
});
