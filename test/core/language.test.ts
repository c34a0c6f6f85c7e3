// Which language, and how long ago in it.
import { describe, expect, test } from "bun:test";
import { acceptedLanguage, relativeTime, resolveLanguage, wordsOf } from "../../src/core/language.ts";
import type { Language } from "../../src/core/language.ts";

describe("Accept-Language", () => {
  const rows: readonly (readonly [string | null, Language, Language])[] = [
    // header, fallback, expected
    [null, "en", "en"],
    [null, "zh-CN", "zh-CN"],
    ["", "zh-CN", "zh-CN"],
    ["*", "zh-CN", "zh-CN"],
    ["en", "zh-CN", "en"],
    ["en-GB", "zh-CN", "en"],
    ["EN-us", "zh-CN", "en"],
    ["zh", "en", "zh-CN"],
    ["zh-TW", "en", "zh-CN"],
    ["zh-Hans-CN,zh;q=0.9,en;q=0.8", "en", "zh-CN"],
    ["en;q=0.5,zh-CN;q=0.9", "en", "zh-CN"],
    ["en;q=0.9, zh-CN;q=0.9", "zh-CN", "en"],
    ["fr,de;q=0.9", "zh-CN", "zh-CN"],
    ["fr,en;q=0.1", "zh-CN", "en"],
    ["en;q=0", "zh-CN", "zh-CN"],
    ["en;q=0,zh;q=0", "en", "en"],
    ["zh ; q=0.3 , en ; q=0.4", "zh-CN", "en"],
    [";;;,,,=", "en", "en"],
    [`en,${"x".repeat(600)}`, "zh-CN", "zh-CN"],
  ];
  for (const [header, fallback, expected] of rows) {
    test(`${header?.slice(0, 40) ?? "none"} → ${expected}`, () => {
      expect(acceptedLanguage(header, fallback)).toBe(expected);
    });
  }
});

describe("the console's language", () => {
  test("the setting wins over the locale", () => {
    expect(resolveLanguage("zh-CN", "en_US.UTF-8")).toBe("zh-CN");
    expect(resolveLanguage("en", "zh_CN.UTF-8")).toBe("en");
  });
  for (const locale of ["en", "en_US.UTF-8", "en-GB", "EN_us", "en.UTF-8", "en@euro"]) {
    test(`${locale} is English`, () => expect(resolveLanguage("auto", locale)).toBe("en"));
  }
  for (const locale of ["zh_CN.UTF-8", "de_DE.UTF-8", "C", "POSIX", "", undefined, "enx", "fr_EN"]) {
    test(`${locale} is Chinese`, () => expect(resolveLanguage("auto", locale)).toBe("zh-CN"));
  }
});

describe("how long ago", () => {
  const NOW = 1_768_478_400;
  const MINUTE = 60;
  const HOUR = 3_600;
  const DAY = 86_400;
  const rows: readonly (readonly [number, string, string])[] = [
    [0, "现在", "now"],
    [-5, "现在", "now"],
    [1, "1秒钟前", "1 second ago"],
    [59.9, "59秒钟前", "59 seconds ago"],
    [MINUTE, "1分钟前", "1 minute ago"],
    [5 * MINUTE, "5分钟前", "5 minutes ago"],
    [HOUR - 1, "59分钟前", "59 minutes ago"],
    [HOUR, "1小时前", "1 hour ago"],
    [2 * HOUR, "2小时前", "2 hours ago"],
    [DAY - 1, "23小时前", "23 hours ago"],
    [DAY, "昨天", "yesterday"],
    [2 * DAY, "前天", "2 days ago"],
    [6 * DAY, "6天前", "6 days ago"],
    [7 * DAY, "上周", "last week"],
    [30 * DAY, "上个月", "last month"],
    [365 * DAY, "去年", "last year"],
    [800 * DAY, "2年前", "2 years ago"],
  ];
  for (const [elapsed, chinese, english] of rows) {
    test(`${elapsed} s: ${chinese}, ${english}`, () => {
      expect(relativeTime(NOW - elapsed, NOW, "zh-CN")).toBe(chinese);
      expect(relativeTime(NOW - elapsed, NOW, "en")).toBe(english);
    });
  }
});

test("both catalogues speak their own language", () => {
  expect(wordsOf("en").http.internal).toMatch(/^[\x20-\x7e]+$/);
  expect(wordsOf("zh-CN").http.internal).toMatch(/[\u4e00-\u9fff]/);
});
