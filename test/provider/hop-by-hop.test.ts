// Which headers end at this hop.
import { expect, test } from "bun:test";
import { endToEnd } from "../../src/provider/hop-by-hop.ts";

test("headers of the upstream's connection end here, all others pass, cookies apart", () => {
  const headers = new Headers([
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["Connection", "close, X-Hop"],
    ["X-Hop", "1"],
    ["Transfer-Encoding", "chunked"],
    ["Content-Encoding", "gzip"],
    ["Retry-After", "3"],
  ]);
  expect(Array.from(endToEnd(headers), (pair) => pair.join(": ")).toSorted()).toEqual([
    "content-encoding: gzip",
    "retry-after: 3",
    "set-cookie: a=1",
    "set-cookie: b=2",
  ]);
});

test("a Connection header that names rubbish takes nothing else with it", () => {
  const headers = new Headers({ connection: "keep-alive, , a b, x-\u00e4", "x-kept": "1" });
  expect([...endToEnd(headers).keys()]).toEqual(["x-kept"]);
});
