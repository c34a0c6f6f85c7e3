// How the OpenAPI document describes the proxied API.
import type { OpenApiOperation } from "./openapi.ts";

export const proxyDocs: OpenApiOperation = {
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
    401: { description: "A sign-in is needed; the message holds the authorization address." },
    408: { description: "The request body stopped arriving." },
    413: { description: "The request body is too large." },
    502: { description: "The upstream could not be reached." },
    503: { description: "No credential is available just now; see retry-after." },
    504: { description: "The upstream sent no response in time." },
  },
};
