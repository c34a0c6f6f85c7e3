// How the OpenAPI document describes the sign-ins that a program begins and waits for.
import { Type } from "@sinclair/typebox";
import type { TSchema } from "@sinclair/typebox";
import { KEPT_EXAMPLE } from "./docs-oauth.ts";
import {
  BeginLoginSchema,
  LoginBegunSchema,
  LoginWaitedSchema,
  NameLoginSchema,
  SetupTokenRequestSchema,
  SignedInSchema,
  WaitLoginSchema,
} from "./oauth-schemas.ts";
import { errorResponse, jsonResponse } from "./openapi.ts";
import type { OpenApiOperation } from "./openapi.ts";

const tags = ["Sign-in"];
const STATE = "q6i0...";
const body = (schema: TSchema, example: unknown) => ({
  required: true,
  content: { "application/json": { schema, example } },
});
const unknownState = errorResponse(
  "No such sign-in.",
  "invalid_request_error",
  "No sign-in is waiting for this code: ...",
);

/** The browser's answer is for people. */
const page = (description: string) => ({
  description,
  content: { "text/html": { schema: Type.String(), example: "<!doctype html>..." } },
});

type Operation = "begin" | "wait" | "name" | "setupToken" | "callback";

export const loginDocs: Readonly<Record<Operation, OpenApiOperation>> = {
  begin: {
    tags,
    summary: "Begin a sign-in and wait for it",
    description:
      "Two addresses for one sign-in: `browser` comes back to ccb by itself (RFC 8252), the page of `paste` shows a code for POST /oauth/exchange-code. The first one wins.",
    requestBody: body(BeginLoginSchema, {}),
    responses: {
      200: jsonResponse("The addresses to open.", LoginBegunSchema, {
        browser: { login_url: "https://claude.ai/oauth/authorize?code=true&client_id=...", state: STATE },
        paste: { login_url: "https://claude.ai/oauth/authorize?code=true&client_id=...", state: "Zp1k..." },
        expires_in_seconds: 600,
        notice: null,
      }),
    },
  },
  wait: {
    tags,
    summary: "What came of a sign-in",
    description: "Answers when the sign-in ends, or with `pending` after `seconds`.",
    requestBody: body(WaitLoginSchema, { state: STATE, seconds: 25 }),
    responses: {
      200: jsonResponse("What came of it, so far.", LoginWaitedSchema, { status: "pending" }),
      400: unknownState,
    },
  },
  name: {
    tags,
    summary: "Say whose account it is",
    description: "Completes a sign-in that answered `email_needed`: the server did not say who signed in.",
    requestBody: body(NameLoginSchema, { state: STATE, account_email: "user1@example.com" }),
    responses: { 200: jsonResponse("Signed in.", SignedInSchema, KEPT_EXAMPLE), 400: unknownState },
  },
  setupToken: {
    tags,
    summary: "Keep the token of `claude setup-token`",
    description: "Good for a year and never refreshed. It names nobody: `account_email` says whose it is.",
    requestBody: body(SetupTokenRequestSchema, { token: "sk-ant-oat01-...", account_email: "user1@example.com" }),
    responses: {
      200: jsonResponse("Kept.", SignedInSchema, KEPT_EXAMPLE),
      400: errorResponse("No such token.", "invalid_request_error", "This is not a token of `claude setup-token`: ..."),
    },
  },
  callback: {
    tags,
    summary: "Where the browser comes back to",
    description: "Completes the sign-in of its `state`, once, and shows a page that says so.",
    responses: {
      200: page("Signed in."),
      400: page("The state is not known, or the code was refused."),
      502: page("The authorization server failed."),
    },
  },
};
