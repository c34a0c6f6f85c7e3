// Threads, files and batches stay where they were made.
import { expect, test } from "bun:test";
import { createAffinity } from "../../src/balance/affinity.ts";
import { createHandClock } from "./_world.ts";

const encoder = new TextEncoder();
const body = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
function created(limit = 100) {
  const clock = createHandClock();
  return { clock, affinity: createAffinity({ clock, limit, ttlMs: 1000 }) };
}

test("a thread goes on where its last message was made, from JSON and from a stream", () => {
  const { affinity } = created();
  affinity.noteReply("/v1/messages?beta=true", "POST", "a", JSON.stringify({ id: "msg_1", type: "message" }));
  affinity.noteReply(
    "/v1/messages",
    "POST",
    "b",
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_2"}}\n\n',
  );
  const next = (id: string) =>
    affinity.look("/v1/messages", body({ thread: { type: "continue", previous_message_id: id }, messages: [] })).pinned;
  expect(["msg_1", "msg_2", "msg_3"].map(next)).toEqual(["a", "b", null]);
  expect(affinity.look("/v1/messages", body({ diagnostics: { previous_message_id: "msg_1" } })).pinned).toBeNull();
  expect(
    affinity.look("/v1/messages", body({ thread: { type: "create" }, messages: ['"thread"', "msg_1"] })).pinned,
  ).toBeNull();
});

test("which requests the server keeps", () => {
  const { affinity } = created();
  const holds = (value: Uint8Array | null): boolean => affinity.look("/v1/messages", value).thread;
  const kept = [{ thread: { type: "create" } }, { thread: { type: "continue", previous_message_id: "m" } }];
  const not = [{}, { thread: null }, { thread: { type: "other" } }, { messages: [{ thread: { type: "create" } }] }, []];
  expect([...kept, ...not].map((value) => holds(body(value)))).toEqual([true, true, false, false, false, false, false]);
  expect(holds(null)).toBe(false);
});

test("a file: by its path and wherever a body names it", () => {
  const { affinity } = created();
  affinity.noteReply("/v1/files?beta=true", "POST", "b", JSON.stringify({ id: "file_1", filename: "x" }));
  expect(
    ["/v1/files/file_1", "/v1/files/file_1/content?beta=true", "/v1/files/file_2", "/v1/files"].map(
      (path) => affinity.look(path, null).pinned,
    ),
  ).toEqual(["b", "b", null, null]);
  const content = [{ type: "document", source: { type: "file", file_id: "file_1" } }];
  expect(affinity.look("/v1/messages", body({ messages: [{ role: "user", content }] })).pinned).toBe("b");
  expect(
    affinity.look("/v1/messages", body({ messages: [{ role: "user", content: JSON.stringify(content) }] })).pinned,
  ).toBeNull();
  affinity.noteReply("/v1/files/file_1", "DELETE", "b", JSON.stringify({ id: "file_1", type: "file_deleted" }));
  expect(affinity.look("/v1/files/file_1", null).pinned).toBeNull();
});

test("a batch, also from a list", () => {
  const { affinity } = created();
  affinity.noteReply("/v1/messages/batches", "POST", "a", JSON.stringify({ id: "msgbatch_1" }));
  affinity.noteReply(
    "/v1/messages/batches?limit=20",
    "GET",
    "b",
    JSON.stringify({ data: [{ id: "msgbatch_2" }, { id: "msgbatch_3" }] }),
  );
  const paths = [
    "/v1/messages/batches/msgbatch_1",
    "/v1/messages/batches/msgbatch_3/results",
    "/v1/messages/batches/msgbatch_2/cancel",
  ];
  expect(paths.map((path) => affinity.look(path, null).pinned)).toEqual(["a", "b", "b"]);
});

test("it is bounded, and what is used stays", () => {
  const { clock, affinity } = created(2);
  const make = (id: string) => affinity.noteReply("/v1/files", "POST", "a", JSON.stringify({ id }));
  const holder = (id: string) => affinity.look(`/v1/files/${id}`, null).pinned;
  make("f1");
  make("f2");
  holder("f1");
  make("f3");
  expect([holder("f2"), holder("f1"), holder("f3")]).toEqual([null, "a", "a"]);
  clock.move(1000);
  expect(holder("f1")).toBeNull();
});

test("replies that say nothing of the kind are no trouble", () => {
  const { affinity } = created();
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    '{"id":5}',
    '{"data":[{"no":1}]}',
    "data: {\n\n",
    "data: null",
    "<html>",
  ]) {
    for (const path of ["/v1/files", "/v1/messages", "/v1/messages/batches", "/v1/models", ""])
      affinity.noteReply(path, "POST", "a", text);
  }
  affinity.noteReply("/v1/models", "GET", "a", JSON.stringify({ data: [{ id: "claude" }] }));
  expect(affinity.look("/v1/models/claude", null).pinned).toBeNull();
});
