// What the Messages API answers, close enough for the official SDKs: messages (plain, streamed, with tools, threads), count_tokens, models.
import type { HeaderList } from "./http-wire.ts";
import { error, json, sse, type Reply, type SseOptions } from "./replies.ts";
import type { Handler, UpstreamRequest } from "./upstream.ts";

/** One block of an event stream. */
export const sseEvent = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

interface Message {
  readonly id: string;
  readonly model: string;
  readonly content: readonly ContentBlock[];
}

type ContentBlock =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
    };

let counter = 0;
const nextId = (prefix: string): string => `${prefix}_scripted${String(++counter).padStart(8, "0")}`;

const usage = (output: number) => ({
  input_tokens: 25,
  cache_creation_input_tokens: 7,
  cache_read_input_tokens: 11,
  output_tokens: output,
});

/** `text` as about `count` pieces of equal length. */
function pieces(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / Math.max(1, count)));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}

/** The events of a Messages stream whose text comes in `count` deltas: message_start … message_stop, with usage and one ping. */
export function anthropicStream(text: string, count = 5, model = "claude-opus-5"): string[] {
  return messageEvents({ id: nextId("msg"), model, content: [{ type: "text", text }] }, count);
}

function messageEvents(message: Message, count: number): string[] {
  const blocks = message.content.flatMap((block, index) => {
    const start = block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} };
    const deltas =
      block.type === "text"
        ? pieces(block.text, count).map((part) => ({ type: "text_delta", text: part }))
        : pieces(JSON.stringify(block.input), count).map((part) => ({
            type: "input_json_delta",
            partial_json: part,
          }));
    return [
      sseEvent("content_block_start", { type: "content_block_start", index, content_block: start }),
      ...(index === 0 ? [sseEvent("ping", { type: "ping" })] : []),
      ...deltas.map((delta) => sseEvent("content_block_delta", { type: "content_block_delta", index, delta })),
      sseEvent("content_block_stop", { type: "content_block_stop", index }),
    ];
  });
  const { id, model } = message;
  const head = {
    id,
    type: "message",
    role: "assistant",
    content: [],
    model,
    stop_reason: null,
    stop_sequence: null,
    usage: usage(1),
  };
  return [
    sseEvent("message_start", { type: "message_start", message: head }),
    ...blocks,
    sseEvent("message_delta", {
      type: "message_delta",
      delta: { stop_reason: stopReason(message), stop_sequence: null },
      usage: { output_tokens: 15 },
    }),
    sseEvent("message_stop", { type: "message_stop" }),
  ];
}

const stopReason = (message: Message): string =>
  message.content.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn";

/** A whole message, as a request without `stream` gets it. */
export function anthropicMessage(text: string, model = "claude-opus-5") {
  return wholeMessage({ id: nextId("msg"), model, content: [{ type: "text", text }] });
}

function wholeMessage(message: Message) {
  const { id, model, content } = message;
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: stopReason(message),
    stop_sequence: null,
    usage: usage(15),
  };
}

export interface MessagesOptions extends Pick<SseOptions, "gapMs" | "chunkBytes"> {
  /** Of every text reply. */
  readonly text?: string;
  /** Deltas per block of a stream. */
  readonly deltas?: number;
  /** Further headers of every reply, rate limits say. */
  readonly headers?: Readonly<Record<string, string>>;
}

const MODELS = ["claude-opus-5", "claude-sonnet-5"] as const;

/** The text of a reply where none is asked for. */
export const GREETING = "Hello from the scripted upstream: 你好, größer, 👋.";

/** A handler that behaves like the API. Threads belong to the account that made them, as there. */
export function messagesHandler(options: MessagesOptions = {}): Handler {
  const threads = new Map<string, string | undefined>();
  return (request) => {
    const headers = {
      ...options.headers,
      "request-id": nextId("req"),
      "anthropic-organization-id": request.identity?.organizationUuid ?? "00000000-0000-4000-8000-000000000000",
    };
    if (request.method === "HEAD" && request.path === "/api/hello") return json(200, {}, headers);
    if (request.method === "POST" && request.path === "/v1/messages")
      return messages(request, threads, options, headers);
    if (request.method === "POST" && request.path === "/v1/messages/count_tokens")
      return json(200, { input_tokens: 14 }, headers);
    if (request.method === "GET" && request.path === "/v1/models") return models(headers);
    if (request.method === "GET" && request.path.startsWith("/v1/models/"))
      return model(request.path.slice("/v1/models/".length), headers);
    if (request.method === "GET" && request.path === "/api/oauth/profile" && request.identity)
      return profile(request, headers);
    return error(404, "not_found_error", "Not found", headers);
  };
}

const describe = (id: string) => ({
  type: "model",
  id,
  display_name: id.replaceAll("-", " "),
  created_at: "2026-01-01T00:00:00Z",
});

const models = (headers: HeaderList): Reply =>
  json(200, { data: MODELS.map(describe), has_more: false, first_id: MODELS[0], last_id: MODELS.at(-1) }, headers);

const model = (id: string, headers: HeaderList): Reply =>
  MODELS.some((known) => known === id)
    ? json(200, describe(id), headers)
    : error(404, "not_found_error", `model: ${id}`, headers);

function profile(request: UpstreamRequest, headers: HeaderList): Reply {
  const identity = request.identity;
  return json(
    200,
    {
      account: { uuid: identity?.accountUuid, email: identity?.email },
      organization: {
        uuid: identity?.organizationUuid,
        name: identity?.organizationName,
        organization_type: "claude_max",
      },
    },
    headers,
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** POST /v1/messages: the checks of the real one that a relay can break, then the reply. */
function messages(
  request: UpstreamRequest,
  threads: Map<string, string | undefined>,
  options: MessagesOptions,
  headers: HeaderList,
): Reply {
  const invalid = (message: string): Reply => error(400, "invalid_request_error", message, headers);
  if (request.header("anthropic-version") === undefined) return invalid("anthropic-version: header is required");
  if (!request.header("content-type")?.startsWith("application/json"))
    return invalid("Content-Type must be application/json");
  let body: unknown;
  try {
    body = request.json();
  } catch {
    return invalid("The request body is not valid JSON.");
  }
  if (!isRecord(body)) return invalid("The request body is not an object.");
  for (const key of ["model", "messages", "max_tokens"])
    if (body[key] === undefined) return invalid(`${key}: Field required`);
  if (typeof body["model"] !== "string" || !Array.isArray(body["messages"]))
    return invalid("model, messages: wrong type");

  const previous = previousMessage(body["thread"]);
  if (previous !== undefined && (!threads.has(previous) || threads.get(previous) !== request.identity?.email))
    return threadNotFound(previous, headers);
  const message: Message = {
    id: nextId("msg"),
    model: body["model"],
    content: content(body, options.text ?? GREETING),
  };
  if (isRecord(body["thread"])) threads.set(message.id, request.identity?.email);
  if (body["stream"] === true) return sse(messageEvents(message, options.deltas ?? 5), { ...options, headers });
  return json(200, wholeMessage(message), headers);
}

/** The message that a `thread: {type: "continue", previous_message_id}` goes on from. */
function previousMessage(thread: unknown): string | undefined {
  if (!isRecord(thread) || thread["type"] !== "continue") return undefined;
  return String(thread["previous_message_id"]);
}

function threadNotFound(id: string, headers: HeaderList): Reply {
  const message = `thread: no message ${id}`;
  return json(
    404,
    {
      type: "error",
      error: { type: "not_found_error", message, details: { error_code: "thread_not_found" } },
      request_id: "req_scripted",
    },
    headers,
  );
}

/** A call of the first tool where tools are given and none has answered yet; else text. */
function content(body: Readonly<Record<string, unknown>>, text: string): ContentBlock[] {
  const tools: unknown[] = Array.isArray(body["tools"]) ? body["tools"] : [];
  const tool = tools.find((candidate) => isRecord(candidate) && isRecord(candidate["input_schema"]));
  const forbidden = isRecord(body["tool_choice"]) && body["tool_choice"]["type"] === "none";
  if (!isRecord(tool) || forbidden || answersATool(body["messages"])) return [{ type: "text", text }];
  return [
    { type: "text", text: "I look it up." },
    {
      type: "tool_use",
      id: nextId("toolu"),
      name: String(tool["name"]),
      input: sample(tool["input_schema"]),
    },
  ];
}

function answersATool(messages: unknown): boolean {
  const last: unknown = Array.isArray(messages)
    ? messages.findLast((message) => isRecord(message) && message["role"] === "user")
    : undefined;
  return (
    isRecord(last) &&
    Array.isArray(last["content"]) &&
    last["content"].some((block) => isRecord(block) && block["type"] === "tool_result")
  );
}

/** An input that fits the required properties of a tool's schema. */
function sample(schema: unknown): Record<string, unknown> {
  if (!isRecord(schema) || !isRecord(schema["properties"])) return {};
  const properties = schema["properties"];
  const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const value = (property: unknown): unknown => {
    const type = isRecord(property) ? property["type"] : undefined;
    if (type === "number" || type === "integer") return 7;
    if (type === "boolean") return true;
    return type === "array" ? [] : "Zürich";
  };
  return Object.fromEntries(required.map((name) => [String(name), value(properties[String(name)])]));
}
