// Every sentence in both languages: whole, and without a gap where nothing is known.
import { expect, test } from "bun:test";
import { wordsOf } from "../../src/core/language.ts";

const account = "a@b.c";

test("in English", () => {
  const { notify } = wordsOf("en");
  expect([
    notify.loginRequired({ account, reason: "" }),
    notify.loginRequired({ account, reason: "account_refused: gone" }),
    notify.windowHigh({ account, window: "5h", percent: 90.5, minutes: 59 }),
    notify.windowHigh({ account, window: "7d", percent: 100, minutes: 3000 }),
    notify.windowHigh({ account, window: "7d_oi", percent: 95, minutes: null }),
    notify.windowHigh({ account, window: "5h", percent: 95, minutes: 120 }),
    notify.windowResolved({ account, window: "7d", percent: 90 }),
  ]).toEqual([
    "a@b.c has to sign in again. Run: ccb login",
    "a@b.c has to sign in again (account_refused: gone). Run: ccb login",
    "a@b.c has used 90.5 % of its five-hour window. It begins anew in 59 min.",
    "a@b.c has used 100 % of its weekly window. It begins anew in 2 d 2 h.",
    "a@b.c has used 95 % of its window 7d_oi.",
    "a@b.c has used 95 % of its five-hour window. It begins anew in 2 h 0 min.",
    "a@b.c has room again: its weekly window is below 90 %.",
  ]);
});

test("in Chinese", () => {
  const { notify } = wordsOf("zh-CN");
  expect([
    notify.loginRequired({ account, reason: "" }),
    notify.loginRequired({ account, reason: "invalid_grant" }),
    notify.loginResolved({ account }),
    notify.windowHigh({ account, window: "7d", percent: 100, minutes: 3000 }),
    notify.windowHigh({ account, window: "7d_oi", percent: 95, minutes: null }),
    notify.windowHigh({ account, window: "5h", percent: 95, minutes: 5 }),
    notify.windowResolved({ account, window: "5h", percent: 90 }),
  ]).toEqual([
    "账号 a@b.c 需要重新登录。请运行：ccb login",
    "账号 a@b.c 需要重新登录（invalid_grant）。请运行：ccb login",
    "账号 a@b.c 可以再次使用。",
    "账号 a@b.c 的每周窗口已用 100%。2 天 2 小时后重新计算。",
    "账号 a@b.c 的“7d_oi”窗口已用 95%。",
    "账号 a@b.c 的五小时窗口已用 95%。5 分钟后重新计算。",
    "账号 a@b.c 又有余量了：五小时窗口的用量已低于 90%。",
  ]);
});
