// How the OpenAPI document describes the usage.
import { Type } from "@sinclair/typebox";
import { errorResponse, jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { UsageSchema } from "./usage-schema.ts";
import type { UsageView } from "./usage-schema.ts";

const FIGURES = {
  requests: 412,
  errors: 3,
  input_tokens: 91_204,
  output_tokens: 318_040,
  cache_creation_input_tokens: 1_204_881,
  cache_read_input_tokens: 38_102_440,
  cost_usd: 35.0,
  unpriced_requests: 0,
};
const EXAMPLE: UsageView = {
  enabled: true,
  durable: true,
  since: 1_753_135_200,
  until: 1_753_221_600,
  by: ["day", "model"],
  prices_as_of: "2026-10-24",
  rows: [{ day: "2025-07-22", model: "claude-opus-5", ...FIGURES }],
  totals: FIGURES,
};

const text = (name: string, description: string) => ({
  name,
  in: "query" as const,
  required: false,
  description,
  schema: { type: "string" as const },
});

const MOMENT = "A date, a date with a time (of this place where it names no zone), Unix seconds, or an age: 7d, 24h.";

const described = jsonResponse("The figures.", UsageSchema, EXAMPLE);

export const usageDocs: OpenApiOperation = {
  tags: ["Requests"],
  summary: "What was used",
  description:
    "Requests, tokens as the upstream counted them, and what they cost at the API's list prices, in sums of hours. It survives restarts (settings.usage); no bodies and no prompts are kept. Of a stream that its client left, what had been counted until then.",
  parameters: [
    text("by", "Names separated by commas: hour, day, account, provider, model, key. Default: day."),
    text("since", `${MOMENT} Default: 30d.`),
    text("until", `${MOMENT} A date means its whole day. Default: now, with the hour that is under way.`),
    text("format", "json or csv. Default: as Accept says (text/csv), else json."),
  ],
  responses: {
    200: {
      ...described,
      content: {
        ...described.content,
        "text/csv": {
          schema: Type.String(),
          example: "day,model,requests,errors\r\n2025-07-22,claude-opus-5,412,3\r\n",
        },
      },
    },
    400: errorResponse("The question is none.", "invalid_request_error", "by must be some of these ..."),
  },
};
