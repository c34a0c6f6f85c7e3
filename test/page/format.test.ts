// Numbers, times and languages as people read them.
import { expect, test } from "bun:test";
import { createFormat } from "../../src/page/format.ts";
import { preferredLanguage } from "../../src/page/preferred-language.ts";
import { CATALOGUES, reasonOf } from "../../src/page/words.ts";

const en = createFormat("en", CATALOGUES.en.page);
const zh = createFormat("zh-CN", CATALOGUES["zh-CN"].page);

test("spans of time", () => {
  const spans = [0, 59, 60, 3_599, 3_600, 7_260, 90_000, 172_800, 180_000];
  expect(spans.map((span) => en.span(span))).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "1 h",
    "2 h 1 min",
    "25 h",
    "2 d",
    "2 d 2 h",
  ]);
  expect(spans.map((span) => zh.span(span)).slice(4, 6)).toEqual(["1 小时", "2 小时 1 分"]);
});

test("ahead and ago", () => {
  expect([en.ahead(7_200, 0), en.ago(0, 90), en.ago(0, 3)]).toEqual(["in 2 h", "2 min ago", "just now"]);
  expect([zh.ahead(7_200, 0), zh.ago(0, 90), zh.ago(0, 3)]).toEqual(["2 小时后", "2 分钟前", "刚刚"]);
  // A clock that is ahead of ccb's shows no time below nothing.
  expect(en.ahead(0, 50)).toBe("in 0 s");
});

test("durations, money, parts", () => {
  expect([842.4, 6_120, 125_000].map((time) => en.duration(time))).toEqual(["842 ms", "6.1 s", "2 min"]);
  expect([en.money(0.5), en.percent(0.625), en.percent(0.625, 1), en.compact(51_200)]).toEqual([
    "$0.50",
    "63%",
    "62.5%",
    "51.2K",
  ]);
});

test("small sums can be told apart, as on the axis of a chart", () => {
  expect([0, 0.0005, 0.001, 0.0066, 0.015, 0.125, 0.99, 1.5, 1234].map((sum) => en.money(sum))).toEqual(["$0.00", "$0.0005", "$0.001", "$0.0066", "$0.015", "$0.125", "$0.99", "$1.50", "$1,234.00"]); // prettier-ignore
  expect(new Set([0, 0.00002, 0.00004].map((sum) => en.money(sum))).size).toBe(3);
});

test("the first language of the browser that there is, else English", () => {
  expect(preferredLanguage(["de", "zh-Hant-TW", "en"])).toBe("zh-CN");
  expect(preferredLanguage(["en-GB", "zh"])).toBe("en");
  expect(preferredLanguage(["fr"])).toBe("en");
});

test("a reason in words; one that nobody knows as it is", () => {
  expect(reasonOf(CATALOGUES.en, "overloaded")).toBe("overloaded");
  expect(reasonOf(CATALOGUES["zh-CN"], "overloaded")).toBe("过载");
  expect(reasonOf(CATALOGUES.en, "invalid_grant")).toContain("expired");
  expect(reasonOf(CATALOGUES.en, "toString")).toBe("toString");
});
