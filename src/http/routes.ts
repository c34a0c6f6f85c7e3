// Where a request goes: to the proxied API, or to all the rest, which is made when it is first asked for.
import { Elysia } from "elysia";
import { createErrorHook } from "./entry.ts";
import type { ManagementDeps } from "./management.ts";
import { createProxyRoutes, isApi } from "./proxy.ts";
import type { ProxyDeps } from "./proxy.ts";

/** Mounts the controllers; what it gives back never rejects. */
export function createRoutes(deps: ProxyDeps & ManagementDeps): (request: Request, path: string) => Promise<Response> {
  const api = new Elysia({ strictPath: true })
    .use(createErrorHook(deps.toResponse))
    .use(createProxyRoutes(deps))
    .compile();
  /** Who starts ccb waits for the API. The rest would take twice as long to load and to mount. */
  let management: Promise<(request: Request) => Promise<Response>> | null = null;

  async function manage(request: Request): Promise<Response> {
    try {
      management ??= import("./management.ts").then(({ createManagement }) => createManagement(deps));
      const handle = await management;
      return await handle(request);
    } catch (error) {
      // Run from source, no descriptor may be left to read it with.
      management = null;
      return deps.toResponse(error, request);
    }
  }

  return (request, path) => (isApi(path) ? Promise.resolve(api.fetch(request)) : manage(request));
}
