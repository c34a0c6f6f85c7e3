// The requests of the bench: what a client like Claude Code sends, in the sizes that the cases need.

export const PATH = "/v1/messages";

export const SESSION_HEADER = "x-claude-code-session-id";

/** A conversation's id; as many as one likes. */
export const sessionId = (index: number): string => `5e551000-0000-4000-8000-${String(index).padStart(12, "0")}`;

export const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  accept: "application/json",
  authorization: "Bearer bench",
  "content-type": "application/json",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
  "user-agent": "ccb-bench",
};

const metadata = (session: number): unknown => ({
  user_id: JSON.stringify({ device_id: "d".repeat(64), account_uuid: "", session_id: sessionId(session) }),
});

/** About 1 kB. */
export const smallBody = (stream: boolean): string =>
  JSON.stringify({
    model: "claude-opus-5",
    max_tokens: 1024,
    stream,
    messages: [{ role: "user", content: "A question of about one kilobyte. ".repeat(28) }],
  });

const MESSAGE_BYTES = 8 * 1024;

/** A long conversation of about 1 MB, its members in Claude Code's order: the model comes first, the session near the end. */
export function bigBody(): string {
  const words =
    "Some lines of a \"file\", as a tool gave them:\n\tfunction größer(a, b) { return a > b ? '你好' : a }\n";
  const content = words.repeat(Math.ceil(MESSAGE_BYTES / words.length));
  const messages = Array.from({ length: 120 }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: [{ type: "text", text: content }],
  }));
  const tools = Array.from({ length: 12 }, (_, index) => ({
    name: `Tool${index}`,
    description: "What this tool does, at length. ".repeat(20),
    input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  }));
  return JSON.stringify({
    model: "claude-opus-5",
    messages,
    system: [{ type: "text", text: "You are a coding agent. ".repeat(100), cache_control: { type: "ephemeral" } }],
    tools,
    metadata: metadata(0),
    max_tokens: 32_000,
    stream: false,
  });
}

/** A whole request as bytes. `kind`: what the upstream is asked to do (x-bench). */
export function wireRequest(url: string, body: string, session: number, kind?: string): Buffer {
  const headers = {
    host: new URL(url).host,
    ...REQUEST_HEADERS,
    [SESSION_HEADER]: sessionId(session),
    ...(kind === undefined ? {} : { "x-bench": kind }),
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}
