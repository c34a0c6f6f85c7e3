// /health: is ccb alive.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock } from "../core/ports.ts";
import { VERSION } from "../core/version.ts";
import { PersistenceSchema } from "./oauth-schemas.ts";
import { jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { toPersistenceStatus } from "./persistence-status.ts";

/** What a caller without a key learns where keys are asked for. */
export const AliveSchema = Type.Object({ status: Type.Literal("ok") });

export const HealthSchema = Type.Object({
  status: Type.Literal("ok"),
  version: Type.String(),
  uptime_seconds: Type.Integer(),
  accounts: Type.Integer({ description: "How many are signed in." }),
  persistence: PersistenceSchema,
});

const healthDocs: OpenApiOperation = {
  tags: ["Service"],
  summary: "Is ccb alive",
  description:
    "200 while the process serves, whatever its accounts do. Where keys are asked for, a caller without one is told the status alone.",
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

export interface ServiceDeps {
  readonly clock: Pick<Clock, "monotonic">;
  /** Since when it serves, monotonic milliseconds. */
  readonly startedAt: number;
  readonly store: Pick<AccountStore, "all">;
  readonly persistence: Persistence;
  readonly languageOf: (request: Request) => Language;
  /** Whether the caller may know how ccb stands. */
  readonly isTrusted: (request: Request) => boolean;
}

/** Creates the controller of the service's own endpoint. */
export function createServiceRoutes({ clock, startedAt, store, persistence, languageOf, isTrusted }: ServiceDeps) {
  return new Elysia({ name: "service" }).get(
    "/health",
    ({ request }): Static<typeof HealthSchema> | Static<typeof AliveSchema> => {
      if (!isTrusted(request)) return { status: "ok" };
      return {
        status: "ok",
        version: VERSION,
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1000),
        accounts: store.all().length,
        persistence: toPersistenceStatus(persistence, wordsOf(languageOf(request))),
      };
    },
    { detail: healthDocs },
  );
}
