// What the keyring's Worker and its owner say to each other. Both check what comes in.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const common = { id: Type.Integer(), service: Type.String(), name: Type.String() };

const KeyringRequest = Type.Union([
  Type.Object({
    ...common,
    op: Type.Union([Type.Literal("get"), Type.Literal("delete"), Type.Literal("list")]),
  }),
  Type.Object({ ...common, op: Type.Literal("set"), value: Type.String() }),
]);
export type KeyringRequest = Static<typeof KeyringRequest>;

const KeyringResult = Type.Union([Type.String(), Type.Null(), Type.Array(Type.String())]);
/** get: the value or null. list: names. set and delete: null. */
export type KeyringResult = Static<typeof KeyringResult>;

const KeyringReply = Type.Union([
  Type.Object({ id: Type.Integer(), ok: Type.Literal(true), value: KeyringResult }),
  Type.Object({
    id: Type.Integer(),
    ok: Type.Literal(false),
    fault: Type.Union([
      Type.Literal("absent"),
      Type.Literal("locked"),
      Type.Literal("silent"),
      Type.Literal("ambiguous"),
      Type.Literal("full"),
      Type.Literal("failed"),
    ]),
    message: Type.String(),
    /** This Worker can do no more: another one may. */
    over: Type.Boolean(),
  }),
]);
export type KeyringReply = Static<typeof KeyringReply>;

/** The request, or null where the message is none. */
export function parseKeyringRequest(data: unknown): KeyringRequest | null {
  return Value.Check(KeyringRequest, data) ? data : null;
}

/** The reply, or null where the message is none. */
export function parseKeyringReply(data: unknown): KeyringReply | null {
  return Value.Check(KeyringReply, data) ? data : null;
}
