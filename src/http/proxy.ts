// ANY /v1/*: the proxy. The route only hands the request over; the relay does the work.
import { Elysia } from "elysia";

export interface ProxyDeps {
  readonly relay: (request: Request, path: string, id: string) => Promise<Response>;
  /** Turns an error into the response, with the same id as the log line. */
  readonly toResponse: (error: unknown, request: Request, id: string) => Response;
  readonly newId: () => string;
}

/** Path of a request URL, without the query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** Creates the controller of the proxied API. `parse: "none"` leaves the body to the relay. */
export function createProxyRoutes({ relay, toResponse, newId }: ProxyDeps) {
  return new Elysia({ name: "proxy" }).all(
    "/v1/*",
    async ({ request }) => {
      const id = newId();
      try {
        return await relay(request, pathOf(request.url), id);
      } catch (error) {
        return toResponse(error, request, id);
      }
    },
    // docs-proxy.ts describes it: a wildcard has no place in an OpenAPI document.
    { parse: "none", detail: { hide: true } },
  );
}
