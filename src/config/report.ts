// Collects the problems of one file and knows where each key and value stands.
import { LineCounter } from "yaml";

import type { Say } from "../core/errors.ts";
import type { Problem } from "./problem.ts";

/** Where a key and its value begin, as offsets into the text. */
interface Place {
  readonly key: number | null;
  readonly value: number;
}

/** A JSON pointer (RFC 6901): "" for the root, `/providers/0/base_url`. */
export type Pointer = string;

export interface Report {
  readonly lines: LineCounter;
  readonly places: Map<Pointer, Place>;
  /** Values that came from `${NAME}` in an unquoted scalar: the only texts that may stand for a number or a boolean. */
  readonly fromEnvironment: Map<Pointer, string>;
  error(pointer: Pointer, say: Say, where?: "key" | "value"): void;
  warning(pointer: Pointer, say: Say, where?: "key" | "value"): void;
  /** An error at an offset; whatever else is wrong with that value follows from it and is not reported. */
  spoil(pointer: Pointer, offset: number, say: Say): void;
  /** Forgets what was found under a pointer whose value is not used at all. */
  discard(pointer: Pointer): void;
  /** All problems in the order of the text. */
  problems(): Problem[];
}

export function child(pointer: Pointer, key: string | number): Pointer {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function segments(pointer: Pointer): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

// `{auth_value:secret}` without the space makes a key of the secret, a comma in it one of its rest, and a hand that slips
// joins the two: only what looks like a key is shown, and none is as long as a secret, has its digits, or its letters of
// both cases in any order.
const SHOWN = /^(?!.*sk-)(?=.{1,32}$)(?:[a-z_][a-z_.-]*\d{0,3}|[A-Za-z][a-z]+(?:[A-Z][a-z]+){0,3})$/;

// A pattern of model_routes, which is a key too: without the colon, and without any sk-.
const SHOWN_PATTERN = /^(?!.*sk-)[a-z0-9_.*?-]{1,40}$/i;

/** `providers[0].base_url`, `model_routes.*haiku*[0].provider` */
function displayPath(pointer: Pointer): string {
  return segments(pointer)
    .map((part, index, parts) => {
      if (index === 1 && parts[0] === "model_routes") return SHOWN_PATTERN.test(part) ? `.${part}` : ".…";
      return /^\d{1,6}$/.test(part) ? `[${part}]` : SHOWN.test(part) ? `.${part}` : ".…";
    })
    .join("")
    .replace(/^\./, "");
}

export function createReport(file: string): Report {
  const lines = new LineCounter();
  const places = new Map<Pointer, Place>();
  const found: { readonly pointer: Pointer; readonly offset: number; readonly problem: Problem }[] = [];
  const spoiled = new Set<Pointer>();

  const add = (severity: Problem["severity"], pointer: Pointer, offset: number, say: Say): void => {
    const { line, col } = lines.linePos(offset);
    found.push({
      pointer,
      offset,
      problem: {
        severity,
        file,
        line: Math.max(1, line),
        column: Math.max(1, col),
        path: displayPath(pointer),
        say,
      },
    });
  };
  // What is missing has no place: its parent's is the nearest.
  const offsetOf = (pointer: Pointer, where: "key" | "value"): number => {
    const place = places.get(pointer);
    if (place !== undefined) return where === "key" ? (place.key ?? place.value) : place.value;
    return pointer === "" ? 0 : offsetOf(pointer.slice(0, pointer.lastIndexOf("/")), where);
  };
  const at =
    (severity: Problem["severity"]) =>
    (pointer: Pointer, say: Say, where: "key" | "value" = "value"): void => {
      if (!spoiled.has(pointer)) add(severity, pointer, offsetOf(pointer, where), say);
    };

  return {
    lines,
    places,
    fromEnvironment: new Map(),
    error: at("error"),
    warning: at("warning"),
    spoil(pointer, offset, say) {
      add("error", pointer, offset, say);
      spoiled.add(pointer);
    },
    discard(pointer) {
      const under = (other: Pointer): boolean => other === pointer || other.startsWith(`${pointer}/`);
      const kept = found.filter((entry) => !under(entry.pointer));
      found.splice(0, found.length, ...kept);
      for (const other of spoiled) if (under(other)) spoiled.delete(other);
    },
    problems: () => found.toSorted((a, b) => a.offset - b.offset).map((entry) => entry.problem),
  };
}
