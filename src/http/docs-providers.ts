// How the OpenAPI document describes the endpoints of the providers.
import { errorResponse, jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";
import { ProvidersSchema, ReloadedSchema, SwitchedSchema } from "./providers-schema.ts";

const tags = ["Providers"];
const unknownProvider = errorResponse(
  "No such provider.",
  "not_found_error",
  "No provider of this name is configured. ...",
);

const TARGET = {
  id: "Claude Code Official/3f2a9c1e77b0",
  kind: "account",
  account: "3f2a9c1e77b0",
  priority: 1,
  weight: 1,
  reserve_percent: 0,
  state: "cooldown",
  reason: "five_hour",
  detail: null,
  cooldown_until: 1753203857,
  cooldowns: [{ scope: "target", model: null, until: 1753203857, reason: "five_hour", official: true }],
  windows: [
    { name: "5h", model: null, utilization: 1, resets_at: 1753203857 },
    { name: "7d", model: null, utilization: 0.42, resets_at: 1753488000 },
  ],
  overage_until: null,
  in_flight: 0,
  sessions: 3,
  requests: 127,
  success_rate: 0.995,
  first_byte_p50_ms: 840,
  first_byte_p95_ms: 2310,
  last_failure: "limit_reached",
};

type Operation = "list" | "enable" | "disable" | "reload";

export const providersDocs: Readonly<Record<Operation, OpenApiOperation>> = {
  list: {
    tags,
    summary: "What requests are spread over, and how it stands",
    description:
      "Each provider with its targets: a provider and a credential that signs. A target says whether it may serve, why not and until when, how full its windows are, and how it did lately. With a client's own credential (passthrough) each client's limits are its own and are not shown.",
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
            weight: 1,
            extra_usage: "last",
            state: "ready",
            cooldown: null,
            targets: [TARGET],
          },
        ],
      }),
    },
  },
  enable: {
    tags,
    summary: "Switch a provider on",
    description: "Until ccb restarts, whatever the file says; also clears its cooldowns and those of its targets.",
    responses: {
      200: jsonResponse("Switched on.", SwitchedSchema, {
        status: "success",
        name: "Claude Code Official",
        enabled: true,
      }),
      404: unknownProvider,
    },
  },
  disable: {
    tags,
    summary: "Switch a provider off",
    description: "Until ccb restarts, whatever the file says. Requests under way go on.",
    responses: {
      200: jsonResponse("Switched off.", SwitchedSchema, {
        status: "success",
        name: "Claude Code Official",
        enabled: false,
      }),
      404: unknownProvider,
    },
  },
  reload: {
    tags,
    summary: "Load the configuration again",
    description:
      "As a whole or not at all: with one error in the file, what is in force stays. Requests under way go on; accounts, sessions and cooldowns stay.",
    responses: {
      200: jsonResponse("Loaded.", ReloadedSchema, {
        status: "success",
        file: "/home/me/.config/ccb/providers.yaml",
        providers: 2,
        restart_needed: ["settings.port"],
        warnings: [],
      }),
      422: errorResponse(
        "The file has errors.",
        "invalid_request_error",
        "The file has errors; the configuration in force stays. ...",
      ),
    },
  },
};
