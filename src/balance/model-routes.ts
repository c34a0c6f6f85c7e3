// Which providers serve a model, under which name: globs over model names, and the name in the body.
import type { ModelRoute } from "../config/config.ts";
import { memberRanges } from "./json-members.ts";

/** The first route whose pattern fits; null: none does, so every enabled provider serves. */
export function matchRoute(routes: readonly ModelRoute[], model: string | null): ModelRoute | null {
  if (model === null) return null;
  return routes.find((route) => matchesGlob(route.pattern, model)) ?? null;
}

/**
 * Tells whether a whole text fits a glob. Two positions and one way back, so that no pattern takes longer than
 * pattern × text: a regular expression made of `*a*a*a…` would hang the server.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = Array.from(pattern.toLowerCase());
  const given = Array.from(text.toLowerCase());
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < given.length;) {
    if (wanted[at] === "*") {
      star = at;
      resume = index;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      resume += 1;
      index = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}

const encoder = new TextEncoder();

/**
 * The body with another model name; every other byte stays. Where `model` stands there twice, each string is replaced:
 * upstreams may read the first or the last, and both must find the new name. Without a top-level model string: the same
 * bytes.
 */
export function spliceModel(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const ranges = memberRanges(bytes, "model").filter(({ start }) => bytes[start] === 0x22);
  if (ranges.length === 0) return bytes;
  const quoted = encoder.encode(JSON.stringify(name));
  const removed = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const spliced = new Uint8Array(bytes.length - removed + quoted.length * ranges.length);
  let from = 0;
  let to = 0;
  for (const { start, end } of ranges) {
    spliced.set(bytes.subarray(from, start), to);
    to += start - from;
    spliced.set(quoted, to);
    to += quoted.length;
    from = end;
  }
  spliced.set(bytes.subarray(from), to);
  return spliced;
}
