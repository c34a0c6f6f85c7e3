// The shape of an entry of `settings.auth.api_keys`.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { DisplayName } from "./schema.ts";

const strict = { additionalProperties: false } as const;
const Names = Type.Optional(Type.Array(DisplayName, { minItems: 1, maxItems: 1000 }));

export const AllowSchema = Type.Object({ providers: Names, accounts: Names, models: Names }, strict);

export const ClientKeySchema = Type.Object(
  {
    name: DisplayName,
    key: Type.Optional(Type.String({ title: "visible", pattern: /^[\x21-\x7e]+$/.source, maxLength: 1000 })),
    key_sha256: Type.Optional(Type.String({ title: "sha256", pattern: /^[0-9a-fA-F]{64}$/.source, maxLength: 64 })),
    role: Type.Union([Type.Literal("client"), Type.Literal("admin")], { default: "client" }),
    allow: Type.Optional(AllowSchema),
    requests_per_minute: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    max_concurrent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  strict,
);

/** What is left once faulty keys are taken out. */
export const ClientKeyDraftSchema = Type.Partial(
  Type.Object({ ...ClientKeySchema.properties, allow: Type.Partial(AllowSchema) }),
);
export type ClientKeyDraft = Static<typeof ClientKeyDraftSchema>;
