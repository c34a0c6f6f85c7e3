// GET /: the page for people, with its script, style sheet and icon. All of it comes from the program itself.
import { Elysia } from "elysia";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import { sha256 } from "../core/sha256.ts";
import { ICON_PATH, PAGE_PATH, SCRIPT_PATH, STYLE_PATH } from "./page-paths.ts";

/** Nothing from another origin, nothing in place, no form that could be sent elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#b5532f"/><g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"><path d="M6 16h6c4 0 4-7 8-7h5M12 16h13M12 16c4 0 4 7 8 7h5"/></g></svg>`;

interface Asset {
  readonly type: string;
  readonly body: string;
}

/** Asked for anew each time, and sent only where it has changed. */
function toResponse({ type, body }: Asset, request: Request): Response {
  const etag = `"${sha256(body).toString("base64url").slice(0, 22)}"`;
  const headers = {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    etag,
    vary: "accept-language",
  };
  return request.headers.get("if-none-match") === etag
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers });
}

function document(language: Language): string {
  const { pageNeedsScript } = wordsOf(language).http;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>ccb</title><link rel="icon" href="${ICON_PATH}"><link rel="stylesheet" href="${STYLE_PATH}"><script type="module" src="${SCRIPT_PATH}"></script></head><body><div id="page"></div><noscript>${pageNeedsScript}</noscript></body></html>`;
}

/** Creates the controller of the page. Where ccb runs from source, the first request for it has it bundled. */
export function createPageRoutes({ languageOf }: { readonly languageOf: (request: Request) => Language }) {
  const bundle = async () => (await import("./page-assets.ts")).PAGE_BUNDLE;
  const detail = { hide: true };
  return new Elysia({ name: "page" })
    .get(PAGE_PATH, ({ request }) => toResponse({ type: "text/html", body: document(languageOf(request)) }, request), {
      detail,
    })
    .get(
      SCRIPT_PATH,
      async ({ request }) => toResponse({ type: "text/javascript", body: (await bundle()).script }, request),
      { detail },
    )
    .get(STYLE_PATH, async ({ request }) => toResponse({ type: "text/css", body: (await bundle()).style }, request), {
      detail,
    })
    .get(ICON_PATH, ({ request }) => toResponse({ type: "image/svg+xml", body: ICON }, request), { detail });
}
