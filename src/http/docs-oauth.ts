// How the OpenAPI document describes the sign-in endpoints.
import {
  ExchangeRequestSchema,
  LoginUrlSchema,
  PausedSchema,
  RemovedSchema,
  SignedInSchema,
  StatusSchema,
} from "./oauth-schemas.ts";
import { errorResponse, jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";

const tags = ["Sign-in"];
const KEPT = { backend: "keyring", durable: true, detail: "Tokens are kept in the system keyring." };
export const KEPT_EXAMPLE = {
  status: "success",
  account_email: "user1@example.com",
  expires_at: 1753221657,
  scopes: ["user:profile", "user:inference"],
  durable: true,
  notices: [],
};
const unknownAccount = errorResponse("No such account.", "not_found_error", "No account of this name is signed in.");
const closedKeyring = errorResponse(
  "The keyring does not open.",
  "api_error",
  "The accounts are in the keyring, and it does not open. ...",
);

type Operation = "generateUrl" | "exchangeCode" | "status" | "refresh" | "pause" | "resume" | "removeOne" | "removeAll";

export const oauthDocs: Readonly<Record<Operation, OpenApiOperation>> = {
  generateUrl: {
    tags,
    summary: "Begin a sign-in",
    description:
      "A new authorization address (RFC 6749 with PKCE). Several may be pending; each lives ten minutes and works once.",
    responses: {
      200: jsonResponse("The address to open.", LoginUrlSchema, {
        login_url: "https://claude.ai/oauth/authorize?code=true&client_id=...",
        state: "q6i0...",
        expires_in_seconds: 600,
        instructions: "Open login_url in a browser, ...",
        notice: "Before you sign in: ccb is unofficial. ...",
      }),
    },
  },
  exchangeCode: {
    tags,
    summary: "Complete a sign-in",
    description: "Exchanges the pasted code for tokens and keeps them.",
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: ExchangeRequestSchema,
          example: { code: "CODE#STATE", account_email: "user1@example.com" },
        },
      },
    },
    responses: {
      200: jsonResponse("Signed in.", SignedInSchema, KEPT_EXAMPLE),
      400: errorResponse(
        "The code or its state is not good.",
        "invalid_request_error",
        "No sign-in is waiting for this code: ...",
      ),
      415: errorResponse("The body is not JSON.", "invalid_request_error", "The body must be JSON. ..."),
      422: errorResponse(
        "A field is missing or wrong.",
        "invalid_request_error",
        "These fields are missing or not as GET /docs says: code.",
      ),
      429: errorResponse(
        "The authorization server asks to wait.",
        "rate_limit_error",
        "The authorization server asks to wait. ...",
      ),
      502: errorResponse(
        "The authorization server failed.",
        "api_error",
        "The authorization server could not be reached. ...",
      ),
    },
  },
  status: {
    tags,
    summary: "Who is signed in",
    description: "Every account with its health, expiry and use, and where tokens are kept.",
    responses: {
      200: jsonResponse("The accounts.", StatusSchema, {
        total_tokens: 1,
        tokens: [
          {
            account_email: "user1@example.com",
            account_id: "3f2a9c1e77b0",
            organization: "Example",
            expires_in_minutes: 55.2,
            is_healthy: true,
            state: "ready",
            reason: null,
            detail: null,
            cooldown_until: null,
            usage_count: 127,
            last_used: "5 minutes ago",
            last_used_timestamp: 1753196757,
            created_at: 1753192857,
            expires_at: 1753200057,
            renewable: true,
            next_refresh_at: 1753199757,
            scopes: ["user:profile", "user:inference"],
          },
        ],
        persistence: KEPT,
      }),
    },
  },
  refresh: {
    tags,
    summary: "Refresh an account now",
    description:
      "Refreshes the account's tokens, whatever their age. The name is the email, an alias, or `email (organization)`.",
    responses: {
      200: jsonResponse("Refreshed.", SignedInSchema, KEPT_EXAMPLE),
      401: errorResponse("The account has to sign in again.", "authentication_error", "ccb needs a sign-in. Open ..."),
      404: unknownAccount,
      409: errorResponse("There is nothing to refresh.", "conflict_error", "This account has a one-year token ..."),
      503: errorResponse(
        "Not now; see retry-after.",
        "api_error",
        "The access token could not be refreshed just now ...",
      ),
    },
  },
  pause: {
    tags,
    summary: "Pause an account",
    description: "It signs no further request until it is resumed or ccb restarts; its tokens stay fresh.",
    responses: {
      200: jsonResponse("Paused.", PausedSchema, {
        status: "success",
        account_email: "user1@example.com",
        paused: true,
      }),
      404: unknownAccount,
      503: closedKeyring,
    },
  },
  resume: {
    tags,
    summary: "Resume an account",
    description: "It signs again; also clears its cooldowns, those that the upstream named, too.",
    responses: {
      200: jsonResponse("Resumed.", PausedSchema, {
        status: "success",
        account_email: "user1@example.com",
        paused: false,
      }),
      404: unknownAccount,
      503: closedKeyring,
    },
  },
  removeOne: {
    tags,
    summary: "Remove an account",
    description:
      "Removes the account from memory, keyring and schedule, then revokes its token at the server, best effort.",
    responses: {
      200: jsonResponse("Removed.", RemovedSchema, {
        status: "success",
        removed: ["user1@example.com"],
        durable: true,
      }),
      404: unknownAccount,
      503: closedKeyring,
    },
  },
  removeAll: {
    tags,
    summary: "Remove all accounts",
    description: "As for one account, for all of them.",
    responses: {
      200: jsonResponse("Removed.", RemovedSchema, {
        status: "success",
        removed: ["user1@example.com", "user2@example.com"],
        durable: true,
      }),
      503: closedKeyring,
    },
  },
};
