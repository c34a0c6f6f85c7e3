// /requests: what became of the last requests.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { CcbError } from "../core/errors.ts";
import { TraceSchema } from "../relay/trace-schema.ts";
import type { Trace } from "../relay/trace-schema.ts";
import type { Traces } from "../relay/trace.ts";
import { errorResponse, jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { assertDecoded } from "./parameter.ts";

const MOST = 1000;
const USUAL = 50;

export const RequestsSchema = Type.Object({ requests: Type.Array(TraceSchema, { description: "Newest first." }) });

export const EXAMPLE_TRACE: Trace = {
  id: "ccb_0f1e2d3c4b5a69788796a5b4",
  started_at: 1753196757123,
  method: "POST",
  path: "/v1/messages",
  key: "work",
  model: "claude-opus-5",
  session: "9f86d081884c",
  stream: true,
  strategy: "session",
  status: 200,
  state: "complete",
  error: null,
  chosen: { provider: "Claude Code Official", account: "77b03f2a9c1e", kind: "account" },
  candidates: [
    {
      provider: "Claude Code Official",
      account: "77b03f2a9c1e",
      kind: "account",
      reason: "most_headroom",
      detail: null,
    },
  ],
  candidate_count: 1,
  excluded: [
    {
      provider: "Claude Code Official",
      account: "3f2a9c1e77b0",
      kind: "account",
      reason: "limit",
      detail: "five_hour",
      until: 1753203856400,
    },
  ],
  excluded_count: 1,
  attempts: [
    {
      provider: "Claude Code Official",
      account: "77b03f2a9c1e",
      kind: "account",
      model: "claude-opus-5",
      started_ms: 1,
      ended_ms: 840,
      status: 200,
      reason: "served",
      action: "relay",
      replay: null,
      benches: [],
    },
  ],
  attempt_count: 1,
  timings: { first_byte_ms: 842, total_ms: 6120 },
  bytes: 18_734,
  tokens: {
    input_tokens: 12,
    output_tokens: 431,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 51_200,
  },
};

const tags = ["Requests"];
const listDocs: OpenApiOperation = {
  tags,
  summary: "The last requests",
  description:
    "Up to 1,000 in memory, newest first: which targets could serve and why they stood where they did, what was tried, and how it ended. No bodies, no headers.",
  parameters: [
    {
      name: "limit",
      in: "query",
      required: false,
      description: "How many at most.",
      schema: { type: "integer", minimum: 1, maximum: MOST, default: USUAL },
    },
  ],
  responses: {
    200: jsonResponse("The requests.", RequestsSchema, { requests: [EXAMPLE_TRACE] }),
    400: errorResponse("The limit is none.", "invalid_request_error", "limit must be ..."),
  },
};
const oneDocs: OpenApiOperation = {
  tags,
  summary: "What became of a request",
  description: "By the id of its x-ccb-request-id. One that is still under way is told as far as it has come.",
  responses: {
    200: jsonResponse("The request.", TraceSchema, EXAMPLE_TRACE),
    404: errorResponse("Not among the last.", "not_found_error", "No request of this id is remembered. ..."),
  },
};

/** `limit` of the query; throws `invalid_request`. */
function limitOf(url: string): number {
  const [limit = String(USUAL), ...more] = new URL(url).searchParams.getAll("limit");
  if (more.length === 0 && /^[1-9]\d{0,3}$/.test(limit) && Number(limit) <= MOST) return Number(limit);
  throw new CcbError("invalid_request", (words) => words.http.badLimit({ most: MOST }));
}

export interface RequestsRouteDeps {
  readonly traces: Pick<Traces, "list" | "get">;
}

/** Creates the controller of the requests' traces. */
export function createRequestsRoutes({ traces }: RequestsRouteDeps) {
  return new Elysia({ name: "requests" })
    .get(
      "/requests",
      ({ request }): Static<typeof RequestsSchema> => ({ requests: [...traces.list(limitOf(request.url))] }),
      { detail: listDocs },
    )
    .get(
      "/requests/:id",
      ({ params }): Readonly<Trace> => {
        const trace = traces.get(assertDecoded(params.id));
        if (trace === null) throw new CcbError("request_unknown", (words) => words.http.requestUnknown);
        return trace;
      },
      { detail: oneDocs },
    );
}
