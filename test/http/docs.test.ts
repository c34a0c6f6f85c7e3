// The API reference: complete, and without a network.
import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { error } from "../support/replies.ts";
import { createWorld } from "../support/world.ts";
import type { JsonReply } from "../support/world.ts";

interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

const PATHS: readonly (readonly [string, string])[] = [
  ["/oauth/generate-url", "get"],
  ["/oauth/exchange-code", "post"],
  ["/oauth/login", "post"],
  ["/oauth/login/wait", "post"],
  ["/oauth/login/name", "post"],
  ["/oauth/setup-token", "post"],
  ["/callback", "get"],
  ["/oauth/status", "get"],
  ["/usage", "get"],
  ["/oauth/refresh/{account_email}", "post"],
  ["/oauth/tokens/{account_email}", "delete"],
  ["/oauth/tokens", "delete"],
  ["/health", "get"],
  ["/oauth/tokens/{account_email}/pause", "post"],
  ["/oauth/tokens/{account_email}/resume", "post"],
  ["/providers", "get"],
  ["/providers/reload", "post"],
  ["/providers/{name}/enable", "post"],
  ["/providers/{name}/disable", "post"],
  ["/requests", "get"],
  ["/metrics", "get"],
  ["/requests/events", "get"],
  ["/requests/{id}", "get"],
  ["/requests/events", "get"],
];

async function documentOf() {
  await using world = await createWorld();
  const reply = await world.json("/docs/json");
  const { paths }: { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> } = reply.body;
  return { ...reply, paths };
}

describe("/docs/json", () => {
  test("is an OpenAPI document in JSON", async () => {
    const { status, headers, body } = await documentOf();
    expect([status, headers.get("content-type")]).toEqual([200, expect.stringContaining("application/json")]);
    expect(body.openapi).toMatch(/^3\./);
    expect(body.info.title).toContain("ccb");
  });

  for (const [path, method] of PATHS) {
    test(`${method} ${path} has words, a schema and an example for its answer and its body`, async () => {
      const { paths } = await documentOf();
      const operation = paths[path]?.[method];
      if (operation === undefined) throw new Error(`not in the document; it has ${Object.keys(paths).join(", ")}`);
      expect(operation.summary).toMatch(/\w/);
      expect(operation.description).toMatch(/\w/);
      expect(operation.tags?.length).toBe(1);
      const media = [
        ...Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {})),
        ...Object.values(operation.requestBody?.content ?? {}),
      ];
      expect(Object.keys(operation.responses)).toContain("200");
      expect(operation.responses["200"]?.content).toBeDefined();
      if (method === "post" && path.includes("exchange")) expect(operation.requestBody).toBeDefined();
      for (const { schema, example } of media) {
        expect(schema).toBeDefined();
        expect(example).toBeDefined();
      }
    });
  }

  test("the proxied paths are there, and nothing that is no path", async () => {
    const { paths } = await documentOf();
    expect(Object.keys(paths).filter((path) => path.startsWith("/v1/"))).not.toEqual([]);
    const ours = Object.keys(paths).filter((path) => !path.startsWith("/v1/"));
    expect(ours.toSorted()).toEqual([...new Set(PATHS.map(([path]) => path))].toSorted());
  });

  test("every example fits its schema", async () => {
    const { paths } = await documentOf();
    let checked = 0;
    for (const [path, operations] of Object.entries(paths)) {
      for (const { responses, requestBody } of Object.values(operations)) {
        const media = [
          ...Object.values(responses).flatMap(({ content }) => Object.values(content ?? {})),
          ...Object.values(requestBody?.content ?? {}),
        ];
        for (const { schema, example } of media) {
          expect([
            path,
            [...Value.Errors(fromJson(schema ?? {}), example)].map(({ path: at, message }) => `${at}: ${message}`),
          ]).toEqual([path, []]);
          checked += 1;
        }
      }
    }
    expect(checked).toBeGreaterThan(15);
  });

  test("the real answers have the fields that the document names", async () => {
    await using world = await createWorld();
    await world.signIn();
    await world.signIn();
    // What a limit leaves behind is described, too.
    const limit = { "retry-after": "900", "anthropic-ratelimit-unified-5h-utilization": "0.4" };
    world.upstream.script(error(429, "rate_limit_error", "Limit", limit));
    const id = (await world.message()).headers.get("x-ccb-request-id");
    const { paths } = await documentOf();
    const check = (path: string, method: string, { status, body }: JsonReply): void => {
      const schema = paths[path]?.[method]?.responses["200"]?.content?.["application/json"]?.schema;
      const faults = [...Value.Errors(fromJson(schema ?? {}), body)].map(
        ({ path: at, message }) => `${at}: ${message}`,
      );
      expect([path, status, Object.keys(body), faults]).toEqual([path, 200, Object.keys(schema?.properties ?? {}), []]);
    };
    for (const path of ["/oauth/status", "/health", "/providers", "/oauth/generate-url", "/requests"])
      check(path, "get", await world.json(path));
    check("/requests/{id}", "get", await world.json(`/requests/${id}`));
    const { tokens } = (await world.json("/oauth/status")).body;
    const name = encodeURIComponent(tokens[0].account_email);
    for (const verb of ["pause", "resume"])
      check(`/oauth/tokens/{account_email}/${verb}`, "post", await world.post(`/oauth/tokens/${name}/${verb}`, {}));
    for (const verb of ["disable", "enable"])
      check(`/providers/{name}/${verb}`, "post", await world.post(`/providers/Claude%20Code%20Official/${verb}`, {}));
    check("/providers/reload", "post", await world.post("/providers/reload", {}));
  });
});

/** The parts of JSON Schema that the document uses. */
interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** The schema as TypeBox checks it; an object's unknown fields are faults where it names any. */
function fromJson(schema: JsonSchema): TSchema {
  const { type, properties, required = [], items, anyOf, const: constant, minLength, maxLength, pattern } = schema;
  if (anyOf !== undefined) return Type.Union(anyOf.map(fromJson));
  if (constant !== undefined) return Type.Literal(constant);
  if (type === "object") {
    const fields = Object.entries(properties ?? {}).map(([name, value]) => {
      const field = fromJson(value);
      return [name, required.includes(name) ? field : Type.Optional(field)] as const;
    });
    return Type.Object(Object.fromEntries(fields), properties === undefined ? {} : { additionalProperties: false });
  }
  if (type === "array") return Type.Array(items === undefined ? Type.Unknown() : fromJson(items));
  if (type === "string") {
    return Type.String({
      ...(minLength === undefined ? {} : { minLength }),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(pattern === undefined ? {} : { pattern }),
    });
  }
  if (type === "integer") return Type.Integer();
  if (type === "number") return Type.Number();
  if (type === "boolean") return Type.Boolean();
  if (type === "null") return Type.Null();
  throw new Error(`a schema of another kind: ${JSON.stringify(schema)}`);
}

describe("/docs", () => {
  test("its page loads nothing from another origin", async () => {
    await using world = await createWorld();
    const response = await world.request("/docs");
    const html = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining("text/html"),
    ]);
    const loaded = [
      ...html.matchAll(/(?:src|href|data-url|@import|url\()\s*=?\s*["'(]?\s*((?:https?:)?\/\/[^"')\s>]+)/gi),
    ].map((match) => match[1]);
    expect(loaded).toEqual([]);
    expect(html).not.toMatch(/cdn|jsdelivr|unpkg|fonts\.googleapis/i);
    expect(html).toContain("/docs/scalar.js");
    const script = await world.request("/docs/scalar.js");
    expect([script.status, script.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect((await script.text()).length).toBeGreaterThan(100_000);
  });
});
