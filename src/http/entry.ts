// What every request meets before a route: checks that hold everywhere, HEAD, and the answer for paths that are none.
import { Elysia, NotFoundError } from "elysia";
import { CcbError } from "../core/errors.ts";
import { CALLBACK_PATH } from "./callback.ts";
import { pathOf } from "./proxy.ts";

/** Elysia looks for the path behind the 11th character: a shorter authority would be taken for a part of it (facts/bun). */
const ROUTER_OFFSET = 11;

/** Methods by path, for a 405 that names what there is (RFC 9110 §15.5.6). */
const METHODS: readonly (readonly [RegExp, string])[] = [
  [/^\/oauth\/(?:generate-url|status)$/, "GET, HEAD"],
  [/^\/oauth\/(?:exchange-code|setup-token|login(?:\/(?:wait|name))?)$/, "POST"],
  [/^\/oauth\/refresh\/[^/]+$/, "POST"],
  [/^\/oauth\/tokens(?:\/[^/]+)?$/, "DELETE"],
  [/^\/oauth\/tokens\/[^/]+\/(?:pause|resume)$/, "POST"],
  [/^\/providers\/(?:reload|[^/]+\/(?:enable|disable))$/, "POST"],
  [/^\/requests(?:\/[^/]+)?$/, "GET, HEAD"],
  [/^\/(?:page\/(?:app\.(?:js|css)|icon\.svg))?$/, "GET, HEAD"],
  [/^\/(?:health|metrics|usage|providers|docs|docs\/json|docs\/scalar\.js)$/, "GET, HEAD"],
  [/^\/callback$/, "GET"],
];

/** Rejects what the router would misread; who may call is the guard's matter (door.ts). */
export function assertRoutable({ url }: Request): void {
  // Without a Host there is no origin in front of the path.
  if (!url.startsWith("http") || url.indexOf("/", url.indexOf("//") + 2) < ROUTER_OFFSET)
    throw new CcbError("invalid_request", (words) => words.http.badHost);
}

/** Translates what a route threw: Elysia's own errors would echo what was submitted, so none of their text is used. */
export function createErrorHook(toResponse: (error: unknown, request: Request) => Response) {
  return new Elysia({ name: "errors" }).onError({ as: "global" }, ({ error, request }) => {
    // By class, not by code: Elysia puts an error's own `code` in the place of its own (facts/bun).
    if (error instanceof NotFoundError) {
      const path = pathOf(request.url);
      const allow = METHODS.find(([pattern]) => pattern.test(path))?.[1];
      if (allow === undefined) return toResponse(new CcbError("not_found", (words) => words.http.notFound), request);
      const wrong = new CcbError("method_not_allowed", (words) => words.http.methodNotAllowed({ allow }));
      const response = toResponse(wrong, request);
      response.headers.set("allow", allow);
      return response;
    }
    return toResponse(error, request);
  });
}

/** HEAD is GET without the content (RFC 9110 §9.3.2). */
export async function answerHead(request: Request, handle: (request: Request) => Promise<Response>): Promise<Response> {
  // What GET spends there, HEAD must not: its route says so.
  const safe = pathOf(request.url) !== CALLBACK_PATH;
  const response = await handle(
    safe ? new Request(request.url, { method: "GET", headers: request.headers, signal: request.signal }) : request,
  );
  const { status, headers } = response;
  if (headers.get("content-type")?.startsWith("text/event-stream") === true) {
    // It would never end.
    await response.body?.cancel();
    return new Response(null, { status, headers });
  }
  headers.set("content-length", String((await response.arrayBuffer()).byteLength));
  return new Response(null, { status, headers });
}
