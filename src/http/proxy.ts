// ANY /v1/*: the proxy. The route only hands the request over; the relay does the work.
import { Elysia } from "elysia";
import { CcbError } from "../core/errors.ts";

export interface ProxyDeps {
  readonly relay: (request: Request, path: string, id: string) => Promise<Response>;
  /** Turns an error into the response, with the same id as the log line. */
  readonly toResponse: (error: unknown, request: Request, id?: string) => Response;
  readonly newId: () => string;
}

/** In front of the path of everything that is relayed. */
const API_PREFIX = "/v1/";

/** Whether a path, without its query, is relayed. */
export const isApi = (path: string): boolean => path.startsWith(API_PREFIX);

/** Path of a request URL, without the query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** What RFC 9110 §9 has but for CONNECT and TRACE, and PATCH; others pass, too. */
const ALLOW = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** An upstream that answers TRACE sends back what it got: the credential would go to the client (RFC 9110 §9.3.8). */
function assertNotTrace({ method }: Request): void {
  if (method === "TRACE")
    throw new CcbError("method_not_allowed", (words) => words.http.methodNotAllowed({ allow: ALLOW }));
}

/** Creates the controller of the proxied API. `parse: "none"` leaves the body to the relay. */
export function createProxyRoutes({ relay, toResponse, newId }: ProxyDeps) {
  return new Elysia({ name: "proxy" }).all(
    `${API_PREFIX}*`,
    async ({ request }) => {
      const id = newId();
      try {
        assertNotTrace(request);
        return await relay(request, pathOf(request.url), id);
      } catch (error) {
        const response = toResponse(error, request, id);
        // RFC 9110 §15.5.6 asks for it.
        if (response.status === 405) response.headers.set("allow", ALLOW);
        return response;
      }
    },
    // docs-proxy.ts describes it: a wildcard has no place in an OpenAPI document.
    { parse: "none", detail: { hide: true } },
  );
}
