// Which target a session is on: sliding, bounded, counted.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { createSessions } from "../../src/balance/sessions.ts";
import { createHandClock } from "./_world.ts";

test("it lasts while it is used, and a while longer", () => {
  const clock = createHandClock();
  const sessions = createSessions({ clock, ttlMs: () => 1000 });
  sessions.place("s", "a");
  clock.move(900);
  sessions.place("s", "a");
  clock.move(900);
  expect([sessions.targetOf("s"), sessions.count("a")]).toEqual(["a", 1]);
  clock.move(100);
  expect([sessions.targetOf("s"), sessions.count("a"), sessions.size]).toEqual([null, 0, 0]);
});

test("the one quiet for longest goes first", () => {
  const sessions = createSessions({ clock: createHandClock(), ttlMs: () => 1000, limit: 2 });
  for (const id of ["s", "t", "s", "u"]) sessions.place(id, "a");
  expect([sessions.targetOf("s"), sessions.targetOf("t"), sessions.targetOf("u"), sessions.count("a")]).toEqual([
    "a",
    null,
    "a",
    2,
  ]);
});

test("10,000 are remembered by default", () => {
  const sessions = createSessions({ clock: createHandClock(), ttlMs: () => 1000 });
  for (let index = 0; index < 10_100; index += 1) sessions.place(`s${index}`, "a");
  expect([sessions.size, sessions.count("a"), sessions.targetOf("s99"), sessions.targetOf("s100")]).toEqual([
    10_000,
    10_000,
    null,
    "a",
  ]);
});

test("it moves and stays moved", () => {
  const sessions = createSessions({ clock: createHandClock(), ttlMs: () => 1000 });
  sessions.place("s", "a");
  sessions.place("s", "b");
  expect([sessions.targetOf("s"), sessions.count("a"), sessions.count("b")]).toEqual(["b", 0, 1]);
});

test("counts and targets are those of a plain model, whatever happens", () => {
  const step = fc.record({
    session: fc.constantFrom("s", "t", "u", "v", "w"),
    target: fc.constantFrom("a", "b"),
    after: fc.integer({ min: 0, max: 700 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = createHandClock();
      const sessions = createSessions({ clock, ttlMs: () => 1000, limit: 3 });
      let model: { session: string; target: string; until: number }[] = [];
      for (const { session, target, after } of steps) {
        clock.move(after);
        model = model.filter(({ until }) => until > clock.now());
        sessions.place(session, target);
        model = [
          ...model.filter((one) => one.session !== session),
          { session, target, until: clock.now() + 1000 },
        ].slice(-3);
        expect(sessions.targetOf(session)).toBe(model.find((one) => one.session === session)?.target ?? null);
        expect(["a", "b"].map((id) => sessions.count(id))).toEqual(
          ["a", "b"].map((id) => model.filter((one) => one.target === id).length),
        );
      }
    }),
  );
});
