// YAML text to plain values, each with its place; ${NAME} is expanded on the way. The parser's own messages are
// never passed on: they quote the text, and the text holds keys.
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node, Scalar, YAMLError } from "yaml";

import type { Say } from "../core/errors.ts";
import { expandEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";

/** Far more than any real file, far less than a "billion laughs" expands to. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 24;

/** What a person can do about each of the parser's complaints; the rest are told in general. */
const ADVICE: Partial<Record<YAMLError["code"], Say>> = {
  TAB_AS_INDENT: (words) => words.config.yamlTab,
  BAD_INDENT: (words) => words.config.yamlIndent,
  BAD_ALIAS: (words) => words.config.yamlAlias,
  ALIAS_PROPS: (words) => words.config.yamlAlias,
  TAG_RESOLVE_FAILED: (words) => words.config.yamlTag,
  MULTIPLE_TAGS: (words) => words.config.yamlTag,
  BAD_COLLECTION_TYPE: (words) => words.config.yamlTag,
  BAD_DQ_ESCAPE: (words) => words.config.yamlEscape,
  MULTIPLE_DOCS: (words) => words.config.yamlDocuments,
  MISSING_CHAR: (words) => words.config.yamlMissing,
};

/** A line that begins with an unquoted `*haiku*:`, which YAML takes for an alias with a colon in its name. */
const STAR_KEY = /^[ \t]*\*[^\s"'{}[\],]*[ \t]*:(?:\s|$)/;

function sayOf(error: YAMLError, text: string): Say {
  if (STAR_KEY.test(text.slice(text.lastIndexOf("\n", error.pos[0] - 1) + 1)))
    return (words) => words.config.yamlStarKey;
  // In { } and [ ] the brace of an unquoted ${NAME} opens a mapping.
  if (text.startsWith("${", error.pos[0] - 1)) return (words) => words.config.yamlVariable;
  return ADVICE[error.code] ?? ((words) => words.config.yamlSyntax);
}

function parse(text: string, report: Report): Document.Parsed | null {
  try {
    return parseDocument(text, {
      lineCounter: report.lines,
      prettyErrors: false,
      uniqueKeys: false,
      // "silent" would also keep quiet about a second document.
      logLevel: "error",
    });
  } catch {
    // The parser recurses: what is nested thousands deep ends in a RangeError.
    report.spoil("", 0, (words) => words.config.yamlNested);
    return null;
  }
}

/** The root value, `null` for an empty text, or `undefined` where the YAML itself is broken (then that is reported). */
export function readSource(text: string, environment: Environment, report: Report): unknown {
  const document = parse(text, report);
  if (document === null) return undefined;
  // One a line: what follows is mostly the first one's consequence.
  const broken = new Map<number, YAMLError>();
  for (const error of [...document.errors, ...document.warnings]) {
    const { line } = report.lines.linePos(error.pos[0]);
    if (!broken.has(line)) broken.set(line, error);
  }
  for (const error of broken.values()) report.spoil("", error.pos[0], sayOf(error, text));
  if (broken.size > 0) return undefined;

  const anchors = new Map<string, Node>();
  let nodes = 0;
  let overrun = false;

  /** The value of an unquoted or quoted text; undefined, and reported, if a variable is missing. */
  const expand = (value: string, scalar: Scalar, pointer: Pointer): string | undefined => {
    const expansion = expandEnvironment(value, environment);
    const [start, end] = scalar.range ?? [0, 0];
    // Escapes can hide a `${` of the value from the text; then the scalar's own place has to do.
    const marks = [...text.slice(start, end).matchAll(/\$\{/g)].map((match) => start + match.index);
    const exact = marks.length === value.split("${").length - 1;
    for (const fault of expansion.faults) {
      report.spoil(pointer, (exact ? marks[fault.index] : undefined) ?? start, (words) =>
        fault.kind === "unset" ? words.config.environmentUnset(fault.name) : words.config.environmentMalformed,
      );
    }
    if (expansion.faults.length > 0) return undefined;
    if (expansion.changed && scalar.type === "PLAIN") report.fromEnvironment.set(pointer, expansion.text);
    return expansion.text;
  };

  const keyOf = (key: unknown): string | null => {
    if (!isScalar(key)) return null;
    return typeof key.value === "string" ? key.value : JSON.stringify(key.value);
  };

  const startOf = (node: unknown, fallback: number): number =>
    (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined) ?? fallback;

  const walk = (node: unknown, pointer: Pointer, fallback: number, key: number | null, depth: number): unknown => {
    const start = startOf(node, fallback);
    if (depth === 0 || !report.places.has(pointer)) report.places.set(pointer, { key, value: start });
    if (overrun) return undefined;
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      overrun = true;
      report.spoil(pointer, start, (words) => words.config.yamlTooLarge);
      return undefined;
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) return walk(target, pointer, start, key, depth + 1);
      report.spoil(pointer, start, (words) => words.config.yamlAlias);
      return undefined;
    }
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      return typeof node.value === "string" ? expand(node.value, node, pointer) : node.value;
    }
    if (isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      return node.items.map((item, index) => walk(item, child(pointer, index), start, null, depth + 1));
    }
    if (!isMap(node)) return null;
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const entries = new Map<string, unknown>();
    for (const pair of node.items) {
      const name = keyOf(pair.key);
      const place = startOf(pair.key, start);
      const at = child(pointer, name ?? "");
      if (name === null) {
        const star = isAlias(pair.key);
        report.spoil(at, place, (words) => (star ? words.config.yamlStarKey : words.config.keyNotText));
      } else if (entries.has(name)) report.spoil(at, place, (words) => words.config.keyTwice);
      // Never made a property: it would change what the object inherits.
      else if (name === "__proto__") report.spoil(at, place, (words) => words.config.keyUnknown([]));
      else entries.set(name, walk(pair.value, at, place, place, depth + 1));
    }
    return Object.fromEntries(entries);
  };

  const value = walk(document.contents, "", 0, null, 0);
  return overrun ? undefined : value;
}
