// Bodies and replies of the sign-in endpoints; the static types and the OpenAPI document come from here.
import { Type } from "@sinclair/typebox";

export const ExchangeRequestSchema = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: 8_192,
      description: "CODE, CODE#STATE, or the whole callback address.",
    }),
    account_email: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 320,
        pattern: "^[^\\s@/\\x00-\\x1f\\x7f]+@[^\\s@/\\x00-\\x1f\\x7f]+$",
        description: "Needed only where the server does not say who signed in.",
      }),
    ),
    state: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: "Which pending sign-in the code belongs to." }),
    ),
  },
  { additionalProperties: false },
);

export const LoginUrlSchema = Type.Object({
  login_url: Type.String(),
  state: Type.String(),
  expires_in_seconds: Type.Integer(),
  instructions: Type.String(),
  notice: Type.String({ description: "What Anthropic's terms say." }),
});

export const SignedInSchema = Type.Object({
  status: Type.Literal("success"),
  account_email: Type.String(),
  expires_at: Type.Integer({ description: "Unix seconds." }),
  scopes: Type.Array(Type.String()),
  durable: Type.Boolean({ description: "False: in memory only, gone after a restart." }),
  notices: Type.Array(Type.String(), { description: "What the person should know." }),
});

export const PersistenceSchema = Type.Object({
  backend: Type.String(),
  durable: Type.Boolean(),
  detail: Type.String(),
});

const TokenStatusSchema = Type.Object({
  account_email: Type.String(),
  account_id: Type.String({ description: "Opaque; also in x-ccb-account and in the log." }),
  organization: Type.Union([Type.String(), Type.Null()]),
  expires_in_minutes: Type.Number(),
  is_healthy: Type.Boolean({ description: "Can sign now or after a refresh." }),
  state: Type.Union([
    Type.Literal("ready"),
    Type.Literal("refreshing"),
    Type.Literal("cooldown"),
    Type.Literal("login_required"),
    Type.Literal("paused"),
  ]),
  reason: Type.Union([Type.String(), Type.Null()], { description: "A stable code, or the window that is spent." }),
  detail: Type.Union([Type.String(), Type.Null()], {
    description: "The upstream's own words, where it shut the account out.",
  }),
  cooldown_until: Type.Union([Type.Integer(), Type.Null()], { description: "Unix seconds; see GET /providers." }),
  usage_count: Type.Integer(),
  last_used: Type.Union([Type.String(), Type.Null()], { description: "In words, in the language of the request." }),
  last_used_timestamp: Type.Union([Type.Integer(), Type.Null()], { description: "Unix seconds." }),
  created_at: Type.Integer({ description: "First sign-in, Unix seconds." }),
  expires_at: Type.Integer({ description: "Unix seconds." }),
  next_refresh_at: Type.Union([Type.Integer(), Type.Null()], { description: "Unix seconds." }),
  scopes: Type.Array(Type.String()),
});

export const StatusSchema = Type.Object({
  total_tokens: Type.Integer(),
  tokens: Type.Array(TokenStatusSchema),
  persistence: PersistenceSchema,
});

export const PausedSchema = Type.Object({
  status: Type.Literal("success"),
  account_email: Type.String(),
  paused: Type.Boolean(),
});

export const RemovedSchema = Type.Object({
  status: Type.Literal("success"),
  removed: Type.Array(Type.String()),
  durable: Type.Boolean({ description: "False: removed from memory; the keyring follows when it opens." }),
});
