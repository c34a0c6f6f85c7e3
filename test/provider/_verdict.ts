// Makes verdicts for tests: an outcome with the context that matters, the rest as it mostly is.
import { toFields } from "../../src/provider/fields.ts";
import { parseLimits } from "../../src/provider/limits.ts";
import type { Failure, JudgeContext } from "../../src/provider/outcome.ts";
import type { Verdict } from "../../src/provider/verdict.ts";
import { judge } from "../../src/provider/verdict.ts";

export const NOW = 1_785_510_000_000;
export const HOUR = 3_600_000;
export const at = (fromNow: number): string => String((NOW + fromNow) / 1000);

export const envelope = (type: string, message: string): string =>
  JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" });

export interface Given extends Partial<Omit<JudgeContext, "limits">> {
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly message?: string;
  readonly text?: string;
  readonly contentType?: string;
}

export function contextOf({
  headers = {},
  type: _type,
  message: _message,
  text: _text,
  contentType: _contentType,
  ...rest
}: Given): JudgeContext {
  return {
    target: "account",
    refreshed: false,
    path: "/v1/messages",
    model: "claude-opus-5",
    now: NOW,
    limits: parseLimits(toFields(new Headers(headers)), NOW),
    ...rest,
  };
}

export function reply(status: number, given: Given = {}): Verdict {
  const {
    headers = {},
    type = "api_error",
    message = "",
    text = envelope(type, message),
    contentType = "application/json",
  } = given;
  return judge(
    { kind: "reply", status, headers: new Headers(headers), text: status < 400 ? "" : text, contentType },
    contextOf(given),
  );
}
export const failure = (kind: Failure, given: Given = {}): Verdict =>
  judge({ kind: "error", failure: kind }, contextOf(given));
export const stream = (type: string, given: Given = {}): Verdict =>
  judge({ kind: "stream_error", type, text: type === "" ? "" : envelope(type, given.message ?? "") }, contextOf(given));

export const guess = (scope: string, backoff: string) => [{ scope, backoff, official: false }];
export const until = (scope: string, fromNow: number) => [{ scope, until: NOW + fromNow, official: true }];
export const NO_BENCH: readonly unknown[] = [];

export const FIVE_HOURS = {
  "anthropic-ratelimit-unified-5h-status": "rejected",
  "anthropic-ratelimit-unified-5h-reset": at(2 * HOUR),
};
export const MODEL_WEEK = {
  "anthropic-ratelimit-unified-7d_oi-status": "rejected",
  "anthropic-ratelimit-unified-7d_oi-reset": at(90 * HOUR),
};
