// An event is told once until it is over, and of one account at most every ten minutes.
import { expect, test } from "bun:test";
import { createConditionWatch } from "../../src/notify/watch-conditions.ts";
import { BOB, condition } from "./_notices.ts";

const MINUTE = 60_000;
const statuses = (turns: readonly { readonly status: string }[]) => turns.map(({ status }) => status);

test("once when it begins, once when it is over, and not what does not hold", () => {
  const watch = createConditionWatch();
  expect(watch.turns([condition(false)], 0)).toEqual([]);
  expect(statuses(watch.turns([condition(true)], 1))).toEqual(["firing"]);
  expect(watch.turns([condition(true)], 2)).toEqual([]);
  expect(statuses(watch.turns([condition(false)], 3))).toEqual(["resolved"]);
  expect(watch.turns([condition(false)], 4)).toEqual([]);
});

test("what cannot be told now leaves what was told as it is", () => {
  const watch = createConditionWatch();
  watch.turns([condition(true)], 0);
  expect(watch.turns([condition(null)], 1)).toEqual([]);
  expect(watch.turns([condition(true)], 2)).toEqual([]);
  expect(statuses(watch.turns([condition(false)], 3))).toEqual(["resolved"]);
});

test("one that comes and goes is told again after ten minutes, and only while it holds", () => {
  const watch = createConditionWatch();
  watch.turns([condition(true)], 0);
  watch.turns([condition(false)], MINUTE);
  expect(watch.turns([condition(true)], 2 * MINUTE)).toEqual([]);
  expect(watch.turns([condition(false)], 3 * MINUTE)).toEqual([]);
  expect(watch.turns([condition(true)], 9.9 * MINUTE)).toEqual([]);
  expect(statuses(watch.turns([condition(true)], 10 * MINUTE))).toEqual(["firing"]);
  // The end of the first was told nine minutes ago.
  expect(watch.turns([condition(false)], 10.5 * MINUTE)).toEqual([]);
  expect(statuses(watch.turns([condition(false)], 11 * MINUTE))).toEqual(["resolved"]);
});

test("accounts do not wait for each other; two windows of one account do", () => {
  const watch = createConditionWatch();
  const window = (name: string, account = condition(true).account) =>
    condition(true, { key: `window ${name} ${account?.id}`, event: "window", account });
  const now = [window("5h"), window("7d"), window("5h", BOB), condition(true)];
  expect(watch.turns(now, 0).map(({ condition }) => condition.key)).toEqual([
    "window 5h a11ce",
    "window 5h b0b",
    "login_required\na11ce",
  ]);
  expect(watch.turns(now, 10 * MINUTE).map(({ condition }) => condition.key)).toEqual(["window 7d a11ce"]);
});

test("what vanished is forgotten without a word", () => {
  const watch = createConditionWatch();
  watch.turns([condition(true)], 0);
  expect(watch.turns([], 1)).toEqual([]);
  expect(watch.told()).toEqual([]);
});

test("after forgetting, what holds is news again", () => {
  const watch = createConditionWatch();
  watch.turns([condition(true)], 0);
  watch.forget();
  expect(statuses(watch.turns([condition(true)], 1))).toEqual(["firing"]);
});
