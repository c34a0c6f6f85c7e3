// /health and /providers: is ccb alive, and what does it balance.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import type { Config } from "../config/config.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import { VERSION } from "../core/version.ts";
import { targetsOf } from "../provider/target.ts";
import { PersistenceSchema } from "./oauth-schemas.ts";
import { jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { toPersistenceStatus } from "./persistence-status.ts";

const HealthSchema = Type.Object({
  status: Type.Literal("ok"),
  version: Type.String(),
  uptime_seconds: Type.Integer(),
  accounts: Type.Integer({ description: "How many are signed in." }),
  persistence: PersistenceSchema,
});

const ProvidersSchema = Type.Object({
  providers: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      base_url: Type.String(),
      enabled: Type.Boolean(),
      auth: Type.Union([Type.Literal("oauth"), Type.Literal("key"), Type.Literal("passthrough")]),
      priority: Type.Integer(),
      targets: Type.Array(
        Type.Object({
          kind: Type.Union([Type.Literal("account"), Type.Literal("key"), Type.Literal("client")]),
          account: Type.Union([Type.String(), Type.Null()], { description: "The opaque account id." }),
          state: Type.String(),
          reason: Type.Union([Type.String(), Type.Null()]),
        }),
      ),
    }),
  ),
});

const healthDocs: OpenApiOperation = {
  tags: ["Service"],
  summary: "Is ccb alive",
  description: "200 while the process serves, whatever its accounts do.",
  responses: {
    200: jsonResponse("Alive.", HealthSchema, {
      status: "ok",
      version: VERSION,
      uptime_seconds: 3600,
      accounts: 2,
      persistence: { backend: "keyring", durable: true, detail: "Tokens are kept in the system keyring." },
    }),
  },
};

const providersDocs: OpenApiOperation = {
  tags: ["Service"],
  summary: "What requests are spread over",
  description: "Each provider with its targets: a provider and a credential that signs.",
  responses: {
    200: jsonResponse("The providers.", ProvidersSchema, {
      providers: [
        {
          name: "Claude Code Official",
          type: "anthropic",
          base_url: "https://api.anthropic.com",
          enabled: true,
          auth: "oauth",
          priority: 1,
          targets: [{ kind: "account", account: "3f2a9c1e77b0", state: "ready", reason: null }],
        },
      ],
    }),
  },
};

export interface ServiceDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly languageOf: (request: Request) => Language;
}

/** Creates the controller of the service endpoints. Uptime counts from here. */
export function createServiceRoutes({ config, clock, store, persistence, languageOf }: ServiceDeps) {
  const startedAt = clock.monotonic();
  return new Elysia({ name: "service" })
    .get(
      "/health",
      ({ request }): Static<typeof HealthSchema> => ({
        status: "ok",
        version: VERSION,
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1000),
        accounts: store.all().length,
        persistence: toPersistenceStatus(persistence, wordsOf(languageOf(request))),
      }),
      { detail: healthDocs },
    )
    .get(
      "/providers",
      (): Static<typeof ProvidersSchema> => ({
        providers: config.providers.map((provider) => ({
          name: provider.name,
          type: provider.type,
          base_url: provider.base_url,
          enabled: provider.enabled,
          auth: provider.credential.kind,
          priority: provider.priority,
          targets: targetsOf([provider], store.all()).map((target) => ({
            kind: target.kind,
            account: target.kind === "account" ? target.account.id : null,
            ...(target.kind === "account" ? store.health(target.account.id) : { state: "ready", reason: null }),
          })),
        })),
      }),
      { detail: providersDocs },
    );
}
