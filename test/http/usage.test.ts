// GET /usage: what was used, as JSON and CSV, and who may know.
import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import { toCsv } from "../../src/http/csv.ts";
import { UsageSchema } from "../../src/http/usage-schema.ts";
import { openUsageFile, setUsageFileAside } from "../../src/usage/file.ts";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";
import { makeFolder } from "../usage/_folder.ts";

const NONE = {
  requests: 0,
  errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cost_usd: 0,
  unpriced_requests: 0,
};
/** What the scripted upstream says of each message. */
const ONE = { input_tokens: 25, output_tokens: 15, cache_creation_input_tokens: 7, cache_read_input_tokens: 11 };
/** Opus 5: 5, 25, 6.25 and 0.5 dollars for a million. */
const COST = (25 * 5 + 15 * 25 + 7 * 6.25 + 11 * 0.5) / 1_000_000;
const usd = (amount: number): number => Math.round(amount * 1_000_000) / 1_000_000;

test("nothing yet", async () => {
  await using world = await createWorld();
  const { status, body } = await world.json("/usage");
  expect(status).toBe(200);
  expect(body).toMatchObject({ enabled: true, durable: false, by: ["day"], rows: [], totals: NONE });
  expect(Value.Check(UsageSchema, body)).toBe(true);
});

test("requests, errors, tokens and cost, by account and model", async () => {
  await using world = await createWorld();
  await world.signIn(identity("me@example.com"));
  await world.message();
  await world.message();
  world.upstream.script(error(400, "invalid_request_error", "no"));
  await world.message();
  await world.request("/v1/models");
  const { body } = await world.json("/usage?by=account,model,provider,key,hour");
  const { account } = body.rows[0];
  expect(account).toMatch(/^[0-9a-f]{8,}$/);
  const shared = {
    account,
    account_email: "me@example.com",
    provider: "Claude Code Official",
    key: null,
    hour: Date.UTC(2026, 0, 15, 12) / 1000,
  };
  expect(body.rows).toEqual([
    { ...shared, model: null, ...NONE, requests: 1 },
    {
      ...shared,
      model: "claude-opus-5",
      requests: 3,
      errors: 1,
      input_tokens: 2 * ONE.input_tokens,
      output_tokens: 2 * ONE.output_tokens,
      cache_creation_input_tokens: 2 * ONE.cache_creation_input_tokens,
      cache_read_input_tokens: 2 * ONE.cache_read_input_tokens,
      cost_usd: usd(2 * COST),
      unpriced_requests: 0,
    },
  ]);
  expect(body.totals).toMatchObject({ requests: 4, errors: 1, cost_usd: usd(2 * COST) });
  expect(Value.Check(UsageSchema, body)).toBe(true);
  expect(JSON.stringify(body)).not.toMatch(/hello|sk-ant/);
});

test("another account of a failed-over request is not counted; its tokens count once", async () => {
  await using world = await createWorld();
  await world.signIn(identity("one@example.com"));
  await world.signIn(identity("two@example.com"));
  world.upstream.script(error(429, "rate_limit_error", "Limit", { "retry-after": "7200" }));
  expect((await world.message()).status).toBe(200);
  const { body } = await world.json("/usage?by=account");
  expect(body.rows).toHaveLength(1);
  expect(body.rows[0]).toMatchObject({ requests: 1, errors: 0, ...ONE });
});

test("a model without a price; one with a price of the configuration; a reload", async () => {
  const settings = { usage: { prices: { "my-*": { input: 1_000, output: 0, cache_write: 0, cache_read: 0 } } } };
  await using world = await createWorld({ config: { settings } });
  await world.signIn(identity("me@example.com"));
  const ask = (model: string) =>
    world.post(
      "/v1/messages",
      { model, max_tokens: 1, messages: [{ role: "user", content: "x" }] },
      { "anthropic-version": "2023-06-01" },
    );
  await ask("my-model");
  await ask("no-price");
  const rows = async () => (await world.json("/usage?by=model")).body.rows;
  expect(await rows()).toMatchObject([
    { model: "my-model", cost_usd: 0.025, unpriced_requests: 0 },
    { model: "no-price", cost_usd: 0, unpriced_requests: 1, input_tokens: 25 },
  ]);
  world.configure({ settings: { usage: { enabled: false } } });
  expect((await world.json("/providers/reload", { method: "POST" })).status).toBe(200);
  await ask("no-price");
  expect((await world.json("/usage")).body).toMatchObject({ enabled: false, rows: [], totals: NONE });
});

test("it survives a restart", async () => {
  using at = makeFolder();
  const usageFiles = {
    path: at.folder.path,
    open: () => openUsageFile(at.folder),
    setAside: () => setUsageFileAside(at.folder),
  };
  {
    await using world = await createWorld({ usageFiles });
    await world.signIn(identity("me@example.com"));
    await world.message();
  }
  await using world = await createWorld({ usageFiles });
  const { body } = await world.json("/usage?by=day,model");
  expect(body).toMatchObject({ durable: true, rows: [{ day: "2026-01-15", model: "claude-opus-5", requests: 1 }] });
});

describe("CSV", () => {
  test("by Accept or by format, with a header line", async () => {
    await using world = await createWorld();
    await world.signIn(identity("me@example.com"));
    await world.message();
    const columns =
      "requests,errors,input_tokens,output_tokens,cache_creation_input_tokens,cache_read_input_tokens,cost_usd,unpriced_requests";
    const expected = `day,model,${columns}\r\n2026-01-15,claude-opus-5,1,0,25,15,7,11,${usd(COST)},0\r\n`;
    for (const reply of [
      await world.request("/usage?by=day,model&format=csv"),
      await world.request("/usage?by=day,model", { headers: { accept: "text/csv" } }),
    ]) {
      expect(reply.headers.get("content-type")).toBe("text/csv; charset=utf-8");
      expect(await reply.text()).toBe(expected);
    }
    const accounts = await (await world.request("/usage?by=account&format=csv")).text();
    expect(accounts).toMatch(new RegExp(`^account,account_email,${columns}\r\n[0-9a-f]+,me@example.com,1,`));
    const json = await world.request("/usage?format=json", { headers: { accept: "text/csv" } });
    expect(json.headers.get("content-type")).toContain("application/json");
  });
  test("what a spreadsheet would take for a formula is text; what has commas, quotes or lines is quoted", () => {
    const names = ["model", "n"];
    const cells = (model: string | null): string => toCsv(names, [{ model, n: -1 }]).split("model,n\r\n")[1] ?? "";
    expect(cells('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")",-1\r\n`);
    for (const start of ["+", "-", "@", "\t", "\r"]) expect(cells(`${start}1`)).toStartWith(`"'${start}1"`);
    expect(cells('a,"b"\nc')).toBe('"a,""b""\nc",-1\r\n');
    expect(cells(null)).toBe(",-1\r\n");
  });
});

describe("questions that are none", () => {
  for (const query of ["by=week", "by=", "since=soon", "until=2026-99-99", "since=1d&until=2d", "format=xml"]) {
    test(query, async () => {
      await using world = await createWorld();
      const { status, body } = await world.json(`/usage?${query}`);
      expect([status, body.error.type]).toEqual([400, "invalid_request_error"]);
    });
  }
});

test("a client's key may not call it, an admin's may", async () => {
  const key = (name: string): string => `${name}-key-0123456789012345678901234567890123`;
  const settings = {
    auth: {
      enabled: true,
      admin: "key",
      api_keys: [
        { name: "client", key: key("client") },
        { name: "admin", key: key("admin"), role: "admin" },
      ],
    },
  };
  await using world = await createWorld({ config: { settings } });
  const as = async (name: string | null) =>
    (await world.json("/usage", name === null ? {} : { headers: { "x-ccb-key": key(name) } })).status;
  expect([await as(null), await as("client"), await as("admin")]).toEqual([401, 403, 200]);
  await world.message({ "x-ccb-key": key("client") });
  const { body } = await world.json("/usage?by=key", { headers: { "x-ccb-key": key("admin") } });
  expect(body.rows).toMatchObject([{ key: "client", requests: 1 }]);
  expect(JSON.stringify(body)).not.toContain("0123456789");
});
