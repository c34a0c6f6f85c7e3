// The page's files: small, from this program alone, public where keys are asked for, and nothing beside them is.
import { describe, expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const FILES = ["/", "/page/app.js", "/page/app.css", "/page/icon.svg"];
const AUTH = { enabled: true, admin: "key", api_keys: [{ name: "boss", key: "a-key-of-the-test-0123456789", role: "admin" }] }; // prettier-ignore

test("all of it is under 150 kB, packed", async () => {
  await using world = await createWorld();
  const bodies = await Promise.all(FILES.map(async (path) => (await world.request(path)).arrayBuffer()));
  const packed = bodies.reduce((sum, body) => sum + Bun.gzipSync(body).byteLength, 0);
  expect(packed).toBeLessThan(150_000);
  // It is the page, and not a stand-in.
  expect(packed).toBeGreaterThan(30_000);
});

for (const path of FILES) {
  describe(path, () => {
    test("names what a browser may do with it", async () => {
      await using world = await createWorld();
      const { status, headers } = await world.request(path);
      expect(status).toBe(200);
      const policy = headers.get("content-security-policy")?.split("; ") ?? [];
      expect(policy).toContain("default-src 'none'");
      for (const part of policy) expect(part).toMatch(/^[a-z-]+ '(?:none|self)'$/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    });

    test("is sent again only when it has changed", async () => {
      await using world = await createWorld();
      const etag = (await world.request(path)).headers.get("etag") ?? "";
      const again = await world.request(path, { headers: { "if-none-match": etag } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect((await world.request(path, { headers: { "if-none-match": '"another"' } })).status).toBe(200);
    });

    test("needs no key where keys are asked for, and says nothing of ccb", async () => {
      await using world = await createWorld();
      await world.signIn();
      world.configure({ settings: { auth: AUTH } });
      expect((await world.json("/providers/reload", { method: "POST" })).status).toBe(200);
      expect((await world.json("/oauth/status")).status).toBe(401);
      const text = await (await world.request(path)).text();
      expect(text).not.toContain("user1@example.com");
      expect(text).not.toContain("127.0.0.1:");
      expect((await world.request(path, { method: "HEAD" })).status).toBe(200);
      expect((await world.json(path, { method: "DELETE" })).status).toBe(401);
    });
  });
}

test("no other method, and nothing else under /page", async () => {
  await using world = await createWorld();
  const wrong = await world.json("/", { method: "POST" });
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await world.json("/page/main.tsx")).status).toBe(404);
  expect((await world.json("/page/")).status).toBe(404);
});

test("another site may link to the page, and load nothing of it", async () => {
  await using world = await createWorld();
  const from = { "sec-fetch-site": "cross-site" };
  const link = { ...from, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  expect((await world.request("/", { headers: link })).status).toBe(200);
  expect((await world.request("/", { headers: { ...link, "sec-fetch-dest": "iframe" } })).status).toBe(403);
  for (const path of FILES) expect((await world.request(path, { headers: from })).status).toBe(403);
  expect((await world.request("/page/app.js", { headers: link })).status).toBe(403);
});

test("what stands in for the script is in the reader's language", async () => {
  await using world = await createWorld();
  const chinese = await world.request("/", { headers: { "accept-language": "zh-CN" } });
  expect(await chinese.text()).toMatch(/lang="zh-CN".*<noscript>[^<]*JavaScript/);
});
