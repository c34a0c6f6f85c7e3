// Replies about providers; the static types and the OpenAPI document come from here.
import { Type } from "@sinclair/typebox";
import type { TSchema } from "@sinclair/typebox";

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const Seconds = nullable(Type.Integer({ description: "Unix seconds, rounded up; null: not by itself." }));
const Reason = Type.String({ description: "A stable code, or the name of the window that is spent." });
const Official = Type.Boolean({
  description: "The upstream named it: nothing is sent before. Else ccb's own guess, which only puts others first.",
});

const CooldownSchema = Type.Object({
  scope: Type.Union(
    [Type.Literal("target"), Type.Literal("provider"), Type.Literal("model"), Type.Literal("count_tokens")],
    { description: "What waits: all of the target, all of its provider, one model there, or only count_tokens there." },
  ),
  model: nullable(Type.String()),
  until: Seconds,
  reason: Reason,
  official: Official,
});

const WindowSchema = Type.Object({
  name: Type.String({ description: "As the upstream calls it: 5h, 7d, requests, …" }),
  model: nullable(Type.String({ description: "The only model it counts; null: all." })),
  utilization: nullable(Type.Number({ description: "0 to 1, more where it was surpassed; null: not said." })),
  resets_at: nullable(Type.Integer({ description: "Unix seconds; null: not said." })),
});

const TargetSchema = Type.Object({
  id: Type.String({ description: "The provider and the credential; the same after a restart." }),
  kind: Type.Union([Type.Literal("account"), Type.Literal("key"), Type.Literal("client")]),
  account: nullable(Type.String({ description: "The opaque account id." })),
  priority: Type.Integer({ description: "Lower is tried first." }),
  weight: Type.Number(),
  reserve_percent: Type.Number({ description: "This much of each window is left to the owner." }),
  state: Type.Union([
    Type.Literal("ready"),
    Type.Literal("refreshing"),
    Type.Literal("cooldown"),
    Type.Literal("login_required"),
    Type.Literal("paused"),
    Type.Literal("disabled"),
    Type.Literal("key_refused"),
  ]),
  reason: nullable(Reason),
  detail: nullable(Type.String({ description: "The upstream's own words, where it shut the account out." })),
  cooldown_until: Seconds,
  cooldowns: Type.Array(CooldownSchema, { description: "Every one that is still ahead." }),
  windows: Type.Array(WindowSchema, { description: "As the last replies told them." }),
  overage_until: nullable(Type.Integer({ description: "Extra usage is in use until then, Unix seconds." })),
  in_flight: Type.Integer(),
  sessions: Type.Integer({ description: "Conversations that are on this target." }),
  requests: Type.Integer({ description: "Since the start, failed ones too." }),
  success_rate: nullable(Type.Number({ description: "0 to 1, of the last ones." })),
  first_byte_p50_ms: nullable(Type.Number()),
  first_byte_p95_ms: nullable(Type.Number()),
  last_failure: nullable(Type.String({ description: "The row of the failure table, however long ago." })),
});

export const ProvidersSchema = Type.Object({
  providers: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      base_url: Type.String(),
      enabled: Type.Boolean({ description: "Now: by the configuration, or as it was switched since." }),
      auth: Type.Union([Type.Literal("oauth"), Type.Literal("key"), Type.Literal("passthrough")]),
      priority: Type.Integer(),
      weight: Type.Number(),
      extra_usage: Type.Union([Type.Literal("last"), Type.Literal("never"), Type.Literal("allow")]),
      state: Type.Union([Type.Literal("ready"), Type.Literal("cooldown"), Type.Literal("disabled")]),
      cooldown: nullable(Type.Object({ until: Seconds, reason: Reason, official: Official })),
      targets: Type.Array(TargetSchema),
    }),
  ),
});

export const SwitchedSchema = Type.Object({
  status: Type.Literal("success"),
  name: Type.String(),
  enabled: Type.Boolean(),
});

export const ReloadedSchema = Type.Object({
  status: Type.Literal("success"),
  file: nullable(Type.String({ description: "null: the default that is embedded in the program." })),
  providers: Type.Integer({ description: "How many there are now." }),
  restart_needed: Type.Array(Type.String(), { description: "Key paths of changes that only a restart applies." }),
  warnings: Type.Array(Type.String(), { description: "In the language of the request." }),
});
