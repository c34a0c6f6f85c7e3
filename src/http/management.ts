// All that is not the proxied API: page, sign-in, status, usage, metrics and their reference, on one Elysia.
import { Elysia } from "elysia";
import type { AnyElysia } from "elysia";
import { createErrorHook } from "./entry.ts";
import { createMetricsRoutes } from "./metrics.ts";
import type { MetricsRouteDeps } from "./metrics.ts";
import { createPageRoutes } from "./page.ts";
import { createProvidersRoutes } from "./providers.ts";
import type { ProvidersRouteDeps } from "./providers.ts";
import { pathOf } from "./proxy.ts";
import { createRequestEventsRoutes } from "./request-events.ts";
import type { RequestEvents } from "./request-events.ts";
import { createRequestsRoutes } from "./requests.ts";
import type { RequestsRouteDeps } from "./requests.ts";
import { createServiceRoutes } from "./service.ts";
import type { ServiceDeps } from "./service.ts";
import { createSignInRoutes } from "./sign-in.ts";
import type { SignInRouteDeps } from "./sign-in.ts";
import { createUsageRoutes } from "./usage.ts";
import type { UsageRouteDeps } from "./usage.ts";

export type ManagementDeps = ProvidersRouteDeps &
  MetricsRouteDeps &
  ServiceDeps &
  UsageRouteDeps &
  RequestsRouteDeps & {
    readonly signIn: Omit<SignInRouteDeps, "languageOf">;
    readonly requestEvents: Pick<RequestEvents, "listen">;
    /** Turns an error into the response. */
    readonly toResponse: (error: unknown, request: Request) => Response;
  };

const DOCS_PATH = "/docs";

/** Mounts the controllers; what it gives back never rejects. */
export function createManagement(deps: ManagementDeps): (request: Request) => Promise<Response> {
  const { toResponse, languageOf } = deps;

  const mounted = (docs: AnyElysia) =>
    new Elysia({ strictPath: true })
      .use(createErrorHook(toResponse))
      .use(docs)
      .use(createPageRoutes({ languageOf }))
      .use(createSignInRoutes({ ...deps.signIn, languageOf }))
      .use(createProvidersRoutes(deps))
      .use(createRequestEventsRoutes(deps.requestEvents))
      .use(createRequestsRoutes(deps))
      .use(createUsageRoutes(deps))
      .use(createMetricsRoutes(deps))
      .use(createServiceRoutes(deps))
      .compile();

  const routes = mounted(new Elysia());
  /** The same with the reference, which describes the routes that it is mounted with. Loaded at the first look. */
  let reference: ReturnType<typeof mounted> | null = null;

  async function docs(request: Request): Promise<Response> {
    const { createDocsRoutes, DOCS_POLICY } = await import("./docs.ts");
    reference ??= mounted(createDocsRoutes());
    const response = await reference.fetch(request);
    // The plugin's page has no hook of its own for headers.
    if (pathOf(request.url) === DOCS_PATH) response.headers.set("content-security-policy", DOCS_POLICY);
    return response;
  }

  return (request) => {
    const path = pathOf(request.url);
    const ofDocs = path === DOCS_PATH || path.startsWith(`${DOCS_PATH}/`);
    return ofDocs ? docs(request) : Promise.resolve(routes.fetch(request));
  };
}
