// The session of a request: from the header, from either form of metadata.user_id, or none.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { sessionIdOf } from "../../src/balance/session-id.ts";

const UUID = "0b5c4a8e-3f1d-4c07-9a55-2f60c1f4e9aa";
const encoder = new TextEncoder();
const of = (body: unknown, header?: string): string | null =>
  sessionIdOf(
    new Headers(header === undefined ? {} : { "X-Claude-Code-Session-Id": header }),
    encoder.encode(JSON.stringify(body)),
  );
const withUser = (user_id: unknown): unknown => ({
  model: "m",
  messages: [{ metadata: { user_id: "nested" } }],
  metadata: { user_id },
});

const withSession = (id: string) => ({ metadata: { user_id: JSON.stringify({ session_id: id }) } });

test("the header comes first", () => {
  expect(of(withUser(JSON.stringify({ session_id: UUID })), " the-header ")).toBe("the-header");
  expect(of(withUser(JSON.stringify({ session_id: UUID })), "")).toBe(UUID);
  expect(of(withUser(JSON.stringify({ session_id: UUID })), "x".repeat(129))).toBe(UUID);
});

test("metadata.user_id as JSON text, and the older form", () => {
  expect(of(withUser(JSON.stringify({ device_id: "d", account_uuid: "", session_id: UUID })))).toBe(UUID);
  expect(of(withUser(`user_${"0a".repeat(32)}_account_${UUID}_session_${UUID}`))).toBe(UUID);
  expect(of(withUser(`user_${"0a".repeat(32)}_account__session_${UUID}`))).toBe(UUID);
});

test("else none", () => {
  for (const user of [
    "someone@example.com",
    "{",
    "{}",
    '{"session_id":5}',
    '{"session_id":""}',
    "null",
    5,
    null,
    `_session_${UUID}x`,
  ]) {
    expect(of(withUser(user))).toBeNull();
  }
  for (const body of [
    null,
    [],
    "metadata",
    {},
    { metadata: null },
    { metadata: [] },
    { a: { metadata: { user_id: `_session_${UUID}` } } },
  ]) {
    expect(of(body)).toBeNull();
  }
  expect(sessionIdOf(new Headers(), null)).toBeNull();
});

test("wherever metadata stands, and whatever stands around it", () => {
  const others = fc.dictionary(
    fc.string().filter((key) => key !== "metadata"),
    fc.jsonValue(),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(others, others, fc.string({ minLength: 1, maxLength: 60 }), (before, after, id) => {
      expect(of({ ...before, ...withSession(id), ...after })).toBe(id);
    }),
  );
});

test("of two, the last, as a parser takes it", () => {
  const one = JSON.stringify(withSession("one")).slice(0, -1);
  const text = `${one},${JSON.stringify(withSession("two")).slice(1)}`;
  expect(sessionIdOf(new Headers(), encoder.encode(text))).toBe("two");
});

test("a body that breaks off has none, and no bytes make it throw", () => {
  const text = JSON.stringify(withUser(JSON.stringify({ session_id: UUID })));
  for (let length = 0; length < text.length - 1; length += 1) {
    expect(sessionIdOf(new Headers(), encoder.encode(text.slice(0, length)))).toBeNull();
  }
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sessionIdOf(new Headers(), bytes) === null));
});
