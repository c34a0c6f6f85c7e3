// A client on a bare socket for the faults, and what it got in a few words.
import { rawClient, type RawClient } from "../binary/_raw.ts";

/** A reply as a fault's outcome says it: status, ccb's own error type, and whether the body is all there. */
export function outcomeOf(text: string): string {
  const split = text.indexOf("\r\n\r\n");
  if (split < 0) return text === "" ? "nothing" : "half a head";
  const head = text.slice(0, split).toLowerCase();
  const body = text.slice(split + 4);
  const status = head.split(" ")[1] ?? "";
  // Only ccb's own errors carry no id of the upstream's.
  const own = /"type":"error","error":\{"type":"(\w+)"/.exec(body)?.[1];
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  const chunked = head.includes("transfer-encoding: chunked");
  const whole = chunked ? body.endsWith("0\r\n\r\n") : length !== undefined && body.length === Number(length);
  const end = whole ? "" : length === undefined && !chunked ? "" : ", broken off";
  return `${status}${own === undefined ? "" : ` ${own}`}${end}`;
}

/** Sends bytes on a connection of their own and waits for its end, `seconds` at most. */
export async function exchange(port: number, data: string | Uint8Array, seconds = 15): Promise<string> {
  const client = await rawClient(port);
  client.send(data);
  const how = await endOf(client, seconds);
  if (how === "open") client.abort();
  return client.text;
}

/** How a connection ended, or that it is open still. */
export async function endOf(client: RawClient, seconds: number): Promise<"fin" | "reset" | "open"> {
  const late = Promise.withResolvers<"open">();
  const timer = setTimeout(() => late.resolve("open"), seconds * 1000);
  const how = await Promise.race([client.ended, late.promise]);
  clearTimeout(timer);
  return how;
}

/** A request of the Messages API as bytes. */
export function messagesBytes(
  model: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: readonly string[] = ["Connection: close"],
): string {
  const body = JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content: "hi" }], ...more });
  return [
    "POST /v1/messages HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    "anthropic-version: 2023-06-01",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    "",
    body,
  ].join("\r\n");
}
