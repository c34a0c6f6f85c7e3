// What the upstream of the bench answers, as bytes that are ready to be sent: one small message, one stream of events,
// with the headers of a subscription that is well within its limits.
import { createHash } from "node:crypto";
import { anthropicMessage, anthropicStream } from "../test/support/anthropic.ts";

export const EVENTS = 100;

const hours = (count: number): string => String(Math.floor(Date.now() / 1000) + count * 3600);

/** As the real one sends them on a 200 (facts C). */
const HEADERS: Readonly<Record<string, string>> = {
  date: new Date().toUTCString(),
  "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy",
  "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
  "anthropic-ratelimit-unified-status": "allowed",
  "anthropic-ratelimit-unified-reset": hours(3),
  "anthropic-ratelimit-unified-representative-claim": "five_hour",
  "anthropic-ratelimit-unified-5h-status": "allowed",
  "anthropic-ratelimit-unified-5h-reset": hours(3),
  "anthropic-ratelimit-unified-5h-utilization": "0.19",
  "anthropic-ratelimit-unified-7d-status": "allowed",
  "anthropic-ratelimit-unified-7d-reset": hours(80),
  "anthropic-ratelimit-unified-7d-utilization": "0.07",
  "anthropic-ratelimit-unified-fallback-percentage": "0.5",
  "anthropic-ratelimit-unified-overage-status": "rejected",
  "anthropic-ratelimit-unified-overage-disabled-reason": "org_level_disabled",
  "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
};

const head = (more: Readonly<Record<string, string>>): string => {
  const lines = Object.entries({ ...HEADERS, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 200 OK\r\n${lines.join("")}\r\n`;
};

/** A whole reply in JSON. */
export function jsonReply(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([
    Buffer.from(head({ "content-type": "application/json", "content-length": String(body.length) })),
    body,
  ]);
}

const small = anthropicMessage("A small reply, as of a short question. ".repeat(8));
export const SMALL = jsonReply(small);

/** Exactly EVENTS events: six of them frame the text. */
const events = anthropicStream("x".repeat((EVENTS - 6) * 40), EVENTS - 6).map((event) => Buffer.from(event));
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

export const STREAM_HEAD = Buffer.from(
  head({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "transfer-encoding": "chunked",
  }),
);
/** Each as one HTTP chunk; the last one ends the reply, too. */
export const STREAM: readonly Buffer[] = events.map((event, index) =>
  index === events.length - 1 ? Buffer.concat([chunk(event), Buffer.from("0\r\n\r\n")]) : chunk(event),
);

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** What must arrive, as sums. */
export interface Expected {
  readonly small: string;
  readonly stream: string;
  readonly events: number;
}

export const EXPECTED: Expected = {
  small: sha256(JSON.stringify(small)),
  stream: sha256(Buffer.concat(events)),
  events: EVENTS,
};
if (events.length !== EVENTS) throw new Error(`the stream has ${events.length} events`);
