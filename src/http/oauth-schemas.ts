// Bodies and replies of the sign-in endpoints; the static types and the OpenAPI document come from here.
import { Type } from "@sinclair/typebox";

const EmailSchema = Type.String({
  minLength: 3,
  maxLength: 320,
  pattern: "^[^\\s@/\\x00-\\x1f\\x7f]+@[^\\s@/\\x00-\\x1f\\x7f]+$",
  description: "Needed only where the server does not say who signed in.",
});

export const ExchangeRequestSchema = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: 8_192,
      description: "CODE, CODE#STATE, or the whole callback address.",
    }),
    account_email: Type.Optional(EmailSchema),
    state: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: "Which pending sign-in the code belongs to." }),
    ),
  },
  { additionalProperties: false },
);

const StateSchema = Type.String({
  minLength: 1,
  maxLength: 512,
  description: "Of the sign-in's `browser` or `paste`.",
});

export const BeginLoginSchema = Type.Object(
  {
    account_email: Type.Optional(EmailSchema),
    redirect_port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: "Where the caller itself listens on loopback for the browser (RFC 8252), in place of ccb.",
      }),
    ),
  },
  { additionalProperties: false },
);

const WaySchema = Type.Object({ login_url: Type.String(), state: Type.String() });

export const LoginBegunSchema = Type.Object({
  browser: Type.Union([WaySchema, Type.Null()], {
    description:
      "The browser brings the code back by itself. null: ccb listens nowhere that it could; see redirect_port.",
  }),
  paste: WaySchema,
  expires_in_seconds: Type.Integer(),
  notice: Type.Union([Type.String(), Type.Null()], {
    description: "What Anthropic's terms say, before the first sign-in.",
  }),
});

export const WaitLoginSchema = Type.Object(
  {
    state: StateSchema,
    seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 25, default: 25 })),
  },
  { additionalProperties: false },
);

export const NameLoginSchema = Type.Object(
  { state: StateSchema, account_email: EmailSchema },
  { additionalProperties: false },
);

export const SetupTokenRequestSchema = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 8_192 }),
    account_email: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 320,
        // No blanks around it, and nothing that is not seen: such a name could not be typed again.
        pattern:
          "^(?!\\s)[^/\\x00-\\x1f\\x7f-\\x9f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]+(?<!\\s)$",
        description: "An email, or the name of an account that is signed in.",
      }),
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

export const LoginWaitedSchema = Type.Union([
  Type.Object({ status: Type.Literal("pending") }),
  Type.Object({ status: Type.Literal("email_needed") }),
  Type.Object({ status: Type.Literal("failed"), message: Type.String() }),
  SignedInSchema,
]);

export const PersistenceSchema = Type.Object({
  backend: Type.String(),
  durable: Type.Boolean(),
  detail: Type.String(),
  unreadable: Type.Optional(
    Type.Array(
      Type.Object({
        entry: Type.String(),
        damage: Type.String(),
        file: Type.Union([Type.String(), Type.Null()], { description: "Where it was put out of the way." }),
        text: Type.String(),
        advice: Type.String(),
      }),
      { description: "What the store holds and ccb could not read." },
    ),
  ),
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
  renewable: Type.Boolean({ description: "False: a token of `claude setup-token`; it ends at expires_at." }),
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
