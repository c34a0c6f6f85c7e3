// GET /metrics: what Prometheus reads.
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { LoopLag } from "../metrics/loop-lag.ts";
import { readFamilies } from "./metrics-families.ts";
import type { MetricsDeps } from "./metrics-families.ts";
import type { OpenApiOperation } from "./openapi.ts";

const docs: OpenApiOperation = {
  tags: ["Service"],
  summary: "Metrics for Prometheus",
  description:
    "Requests, attempts, latencies, tokens, accounts, windows and cooldowns in the text format of Prometheus, version 0.0.4. Accounts are named by their opaque id. Where keys are asked for, this needs one of role admin, as x-ccb-key or as a bearer.",
  responses: {
    200: {
      description: "The metrics.",
      content: {
        "text/plain": {
          schema: Type.String(),
          example:
            'ccb_requests_total{provider="Claude Code Official",kind="account",status="2xx",state="complete"} 127\n',
        },
      },
    },
  },
};

export interface MetricsRouteDeps extends MetricsDeps {
  readonly lag: Pick<LoopLag, "wanted">;
}

/** Creates the controller. */
export function createMetricsRoutes(deps: MetricsRouteDeps) {
  return new Elysia({ name: "metrics" }).get(
    "/metrics",
    async () => {
      deps.lag.wanted();
      const families = readFamilies(deps);
      // Only now: most never ask, and the library would cost every start some milliseconds.
      const { expose } = await import("../metrics/exposition.ts");
      const { text, contentType } = await expose(families);
      return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
    },
    { detail: docs },
  );
}
