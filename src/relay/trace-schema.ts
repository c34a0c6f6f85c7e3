// The shape of a request's trace: what `GET /requests` answers with. No bodies, no headers, no names of people.
import { Type } from "@sinclair/typebox";
import type { Static, TLiteral, TSchema } from "@sinclair/typebox";
import { UsageSchema } from "./tokens-schema.ts";

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const oneOf = <const Values extends readonly string[]>(values: Values, description: string) =>
  Type.Union(
    values.map((value): TLiteral<Values[number]> => Type.Literal(value)),
    { description },
  );

const TargetSchema = Type.Object({
  provider: Type.String(),
  account: nullable(Type.String({ description: "Opaque, as in x-ccb-account." })),
  kind: oneOf(["account", "key", "client"], "Whose credential signs."),
});
export type TraceTarget = Static<typeof TargetSchema>;

const UntilSchema = nullable(Type.Number({ description: "Unix milliseconds; null: not by itself." }));

const BenchSchema = Type.Object({
  scope: Type.String({ description: "target, provider, model, key or count_tokens." }),
  until: UntilSchema,
  official: Type.Boolean({ description: "Named by the upstream; else ccb's own guess." }),
});
export type TraceBench = Static<typeof BenchSchema>;

const CandidateSchema = Type.Object({
  ...TargetSchema.properties,
  reason: Type.String({ description: "Why it stands where it does." }),
  detail: nullable(Type.String()),
});
const ExcludedSchema = Type.Object({ ...CandidateSchema.properties, until: UntilSchema });

const AttemptSchema = Type.Object({
  ...TargetSchema.properties,
  model: nullable(Type.String({ description: "As it was sent." })),
  started_ms: Type.Number({ description: "After the request came." }),
  ended_ms: Type.Number({ description: "Response headers, or the failure." }),
  status: nullable(Type.Integer()),
  reason: Type.String({ description: "The row of the failure table, or client_gone." }),
  action: oneOf(["relay", "refresh", "next"], "What ccb did then."),
  replay: nullable(
    oneOf(["safe", "ambiguous"], "Whether the request may have been carried out before it was sent again."),
  ),
  benches: Type.Array(BenchSchema),
});
export type TraceAttempt = Static<typeof AttemptSchema>;

export const TraceSchema = Type.Object({
  id: Type.String({ description: "As in x-ccb-request-id." }),
  started_at: Type.Number({ description: "Unix milliseconds." }),
  method: Type.String(),
  path: Type.String({ description: "Without the query." }),
  key: nullable(Type.String({ description: "The name of the caller's key; null: it needed none." })),
  model: nullable(Type.String()),
  session: nullable(Type.String({ description: "The beginning of the SHA-256 of the session's id." })),
  stream: Type.Boolean(),
  strategy: nullable(Type.String()),
  status: nullable(Type.Integer()),
  state: oneOf(
    ["in_progress", "complete", "broken", "idle", "client_gone", "failed"],
    "failed: ccb answered itself; broken, idle: the upstream's stream broke off or fell silent.",
  ),
  error: nullable(Type.String({ description: "The code of ccb's own error." })),
  chosen: nullable(TargetSchema),
  candidates: Type.Array(CandidateSchema, {
    description:
      "Of the last choice, best first, the first 16. Of more than 16 targets, where the one that comes first is open: that one alone.",
  }),
  candidate_count: Type.Integer(),
  excluded: Type.Array(ExcludedSchema, { description: "Of the last choice, the first 16." }),
  excluded_count: Type.Integer(),
  attempts: Type.Array(AttemptSchema, { description: "The first 31 and the last." }),
  attempt_count: Type.Integer(),
  timings: Type.Object({ first_byte_ms: nullable(Type.Number()), total_ms: nullable(Type.Number()) }),
  bytes: Type.Integer({ description: "Of the reply's body." }),
  tokens: nullable(UsageSchema),
});
export type Trace = Static<typeof TraceSchema>;
