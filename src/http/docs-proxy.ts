// How the OpenAPI document describes the proxied API.
import type { ElysiaSwaggerConfig } from "@elysiajs/swagger";

type Paths = NonNullable<NonNullable<ElysiaSwaggerConfig["documentation"]>["paths"]>;
type Operation = NonNullable<NonNullable<Paths[string]>["get"]>;

const operation: Operation = {
  tags: ["Claude API"],
  summary: "The proxied Claude API",
  description:
    "Any method, path and query under /v1/ goes to a provider unchanged, signed with one of your credentials; the reply comes back byte for byte as it arrives. Upstream errors are relayed as they came.",
  responses: {
    200: {
      description: "The upstream's reply.",
      headers: {
        "x-ccb-request-id": { description: "Names the request in ccb's log.", schema: { type: "string" } },
        "x-ccb-provider": { description: "The provider that served it.", schema: { type: "string" } },
        "x-ccb-account": { description: "An opaque id of the account that signed it.", schema: { type: "string" } },
        "x-ccb-attempts": { description: "How often it was sent.", schema: { type: "integer" } },
      },
    },
    401: { description: "A sign-in is needed; the message holds the authorization address. Or ccb asks for a key." },
    403: { description: "The caller's key does not reach this model, provider or account, or a web page asked." },
    408: { description: "The request body stopped arriving." },
    429: { description: "Every limit is reached, of the upstream's or of the caller's key; see retry-after." },
    413: { description: "The request body is too large." },
    502: { description: "The upstream could not be reached." },
    503: { description: "No credential is available just now; see retry-after." },
    504: { description: "The upstream sent no response in time." },
  },
};

const parameters: Operation["parameters"] = [
  { name: "path", in: "path", required: true, schema: { type: "string" }, example: "models" },
];

const MESSAGE = { model: "claude-opus-5-5", max_tokens: 1024, messages: [{ role: "user", content: "Hello" }] };

/** Paths of the proxied API for the OpenAPI document: the one that everybody uses, and all others. */
export const proxyPaths: Paths = {
  "/v1/messages": {
    post: {
      ...operation,
      operationId: "createMessage",
      summary: "Create a message",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { type: "object", required: ["model", "max_tokens", "messages"] },
            example: MESSAGE,
          },
        },
      },
    },
  },
  "/v1/{path}": {
    get: { ...operation, operationId: "getAnything", parameters },
    post: { ...operation, operationId: "postAnything", parameters },
    delete: { ...operation, operationId: "deleteAnything", parameters },
  },
};
