// The text that Prometheus gets: what was counted, whole and unambiguous, whatever the labels hold.
import { expect, test } from "bun:test";
import { expose } from "../../src/metrics/exposition.ts";
import { counter, gauge, histogram } from "../../src/metrics/family.ts";
import { createCounter, createHistogram } from "../../src/metrics/tally.ts";
import { parseExposition } from "./_exposition.ts";

test("counters, gauges and histograms with what was counted", async () => {
  const requests = createCounter("provider", "status");
  requests.at("A", "2xx").value += 1;
  requests.at("A", "2xx").value += 2;
  requests.at("B", "5xx").value += 1;
  const lag = createHistogram([0.1, 1]);
  const calls = createHistogram([0.1, 1], "operation");
  for (const seconds of [0, 0.1, 0.11, 1, 7]) calls.at("get")(seconds);
  const { text, contentType } = await expose([
    counter("a_total", "Words.", requests),
    gauge("b", "Words.", 1.5),
    histogram("c_seconds", "Words.", calls),
    histogram("d_seconds", "Words.", lag),
  ]);
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = parseExposition(text);
  expect([...families.values()].map(({ type }) => type)).toEqual(["counter", "gauge", "histogram", "histogram"]);
  expect(Object.fromEntries(families.get("a_total")?.samples ?? [])).toEqual({
    'a_total{provider="A",status="2xx"}': 3,
    'a_total{provider="B",status="5xx"}': 1,
  });
  expect(Object.fromEntries(families.get("b")?.samples ?? [])).toEqual({ b: 1.5 });
  expect(Object.fromEntries(families.get("c_seconds")?.samples ?? [])).toEqual({
    'c_seconds_bucket{le="0.1",operation="get"}': 2,
    'c_seconds_bucket{le="1",operation="get"}': 4,
    'c_seconds_bucket{le="+Inf",operation="get"}': 5,
    'c_seconds_sum{operation="get"}': 8.21,
    'c_seconds_count{operation="get"}': 5,
  });
  expect(families.get("d_seconds")?.samples.size).toBe(0);
});

test("labels with quotes, backslashes, line feeds and other scripts stay one label each", async () => {
  const requests = createCounter("provider", "model");
  const names = ['a"} 1\nb_total{x="', "back\\slash", "你好，größer", "a,model:b", "line\nfeed\rreturn", ""];
  for (const name of names) requests.at(name, name).value += 1;
  const family = parseExposition((await expose([counter("a_total", "Words.", requests)])).text).get("a_total");
  expect(family?.samples.size).toBe(names.length);
  expect([...(family?.samples.values() ?? [])]).toEqual(names.map(() => 1));
});

test("the parser of these tests refuses what is wrong", () => {
  const head = "# HELP a h\n# TYPE a gauge\n";
  for (const wrong of [
    `${head}a 1`,
    `${head}b 1\n`,
    `${head}a{x="1" 1\n`,
    `${head}a{x="1",x="2"} 1\n`,
    `${head}a{x="1"} 1\na{x="1"} 2\n`,
    `${head}a one\n`,
    "# HELP a h\n# TYPE b gauge\nb 1\n",
    '# HELP a h\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    '# HELP a h\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
  ])
    expect(() => parseExposition(wrong)).toThrow();
  expect(parseExposition(`${head}a 1\n`).get("a")?.samples.get("a")).toBe(1);
});
