// One port at every address of a host.
import { expect, test } from "bun:test";
import { startAtEvery } from "../../src/cli/every-address.ts";
import { CcbError } from "../../src/core/errors.ts";

/** Addresses of a machine that gives out the ports 40001, 40002 … for 0; `taken`: as "::1 40001", for the reason `code`. */
function machine(taken: readonly string[], code = "EADDRINUSE") {
  const open = new Set<string>();
  const asked: string[] = [];
  let next = 40_000;
  const start = (address: string, port: number) => {
    asked.push(`${address} ${port}`);
    const chosen = port === 0 ? (next += 1) : port;
    const name = `${address} ${chosen}`;
    if (taken.includes(name)) throw Object.assign(new Error("taken"), { code });
    open.add(name);
    return { port: chosen, stop: () => open.delete(name) };
  };
  return { open, asked, start };
}

const BOTH = ["127.0.0.1", "::1"];
const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

test("a port of its own: the same at each", () => {
  const { open, start } = machine([]);
  expect(startAtEvery(BOTH, 9090, start).map(({ port }) => port)).toEqual([9090, 9090]);
  expect([...open]).toEqual(["127.0.0.1 9090", "::1 9090"]);
});

test("any free port: another where the first is taken at the second address", () => {
  const { open, start } = machine(["::1 40001", "::1 40002"]);
  expect(startAtEvery(BOTH, 0, start).map(({ port }) => port)).toEqual([40_003, 40_003]);
  expect([...open]).toEqual(["127.0.0.1 40003", "::1 40003"]);
});

test("a port that was asked for is never another one: the error names it, and nothing listens", () => {
  const { open, asked, start } = machine(["::1 9090"]);
  const error = thrownBy(() => startAtEvery(BOTH, 9090, start));
  expect(error).toBeInstanceOf(CcbError);
  expect(error).toMatchObject({ code: "address_in_use" });
  expect(String(error)).toContain("::1 port 9090");
  expect(asked).toEqual(["127.0.0.1 9090", "::1 9090"]);
  expect(open.size).toBe(0);
});

test("no free port anywhere: an error, after some tries, and nothing listens", () => {
  const { open, asked, start } = machine(Array.from({ length: 20 }, (_, index) => `::1 ${40_001 + index}`));
  expect(thrownBy(() => startAtEvery(BOTH, 0, start))).toMatchObject({ code: "address_in_use" });
  expect(asked.length).toBe(10);
  expect(open.size).toBe(0);
});

test("an address that is not to be had at all is asked for once", () => {
  const { open, asked, start } = machine(["::1 40001"], "EADDRNOTAVAIL");
  expect(thrownBy(() => startAtEvery(BOTH, 0, start))).toMatchObject({ code: "address_in_use" });
  expect(asked.length).toBe(2);
  expect(open.size).toBe(0);
});
