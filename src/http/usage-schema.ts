// The shape of `GET /usage`.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";

const Count = (description?: string) => Type.Integer(description === undefined ? {} : { description });
const nullableText = (description: string) => Type.Optional(Type.Union([Type.String(), Type.Null()], { description }));

const UsageFiguresSchema = Type.Object({
  requests: Count(),
  errors: Count("Of the requests: answered with an error, or broken off by the upstream."),
  input_tokens: Count("Without those written to and read from the cache."),
  output_tokens: Count(),
  cache_creation_input_tokens: Count(),
  cache_read_input_tokens: Count(),
  cost_usd: Type.Number({
    description: "What the tokens cost at the API's list prices, or those of the configuration.",
  }),
  unpriced_requests: Count("Of the requests: their model has no price, so they cost nothing here."),
});

/** One line: of the names only those that `by` asked for. */
const UsageRowSchema = Type.Object({
  hour: Type.Optional(Type.Integer({ description: "When it began, Unix seconds." })),
  day: Type.Optional(Type.String({ description: "Of the place where ccb runs: 2026-01-31." })),
  account: nullableText(
    "Opaque, as in x-ccb-account; null: a key or the client's own credential signed, or nobody did.",
  ),
  account_email: Type.Optional(Type.String({ description: "Where an account of this id is signed in." })),
  provider: nullableText("null: ccb answered itself."),
  model: nullableText("As it was sent to the upstream; null: none was named; other: one of too many names."),
  key: nullableText("The name of the caller's key; null: it needed none."),
  ...UsageFiguresSchema.properties,
});
export type UsageRowView = Static<typeof UsageRowSchema>;

export const UsageSchema = Type.Object({
  enabled: Type.Boolean({ description: "false: settings.usage.enabled is; then there are no lines." }),
  durable: Type.Boolean({ description: "Survives the end of ccb; false: counted in memory only." }),
  since: Type.Integer({ description: "Unix seconds, the beginning of an hour." }),
  until: Type.Integer({ description: "Unix seconds; hours that begin before it are counted." }),
  by: Type.Array(Type.String()),
  prices_as_of: Type.String({ description: "The day of the price list that ccb brings along." }),
  rows: Type.Array(UsageRowSchema, { description: "In the order of `by`." }),
  totals: UsageFiguresSchema,
});
export type UsageView = Static<typeof UsageSchema>;
