// The page that a browser sees at the end of a sign-in. It loads nothing, sends nothing and forgets its address.
import type { Language } from "../core/language.ts";
import { sha256 } from "../core/sha256.ts";

/** Code and state leave the address bar, and with it the history that the browser keeps. */
const SCRIPT = 'history.replaceState(null,"",location.pathname)';
const STYLE = `:root{color-scheme:light dark;--good:#157347;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--good:#5bd08c;--bad:#ff8a7a}}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif}
main{max-width:32rem;padding:1.5rem;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:0 0 .5rem}h1.good{color:var(--good)}h1.bad{color:var(--bad)}p{margin:.5rem 0}`;

const hashOf = (text: string): string => `'sha256-${sha256(text).toString("base64")}'`;
const POLICY = `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

export interface CallbackPage {
  readonly good: boolean;
  readonly status: number;
  readonly language: Language;
  readonly title: string;
  /** Paragraphs. */
  readonly text: readonly string[];
}

/** The page as a response that nobody keeps. */
export function toCallbackResponse({ good, status, language, title, text }: CallbackPage): Response {
  const paragraphs = text.map((paragraph) => `<p>${escaped(paragraph)}</p>`).join("");
  const html = `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ccb: ${escaped(title)}</title><script>${SCRIPT}</script><style>${STYLE}</style></head><body><main><h1 class="${good ? "good" : "bad"}">${escaped(title)}</h1>${paragraphs}</main></body></html>`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}
