// The shape of providers.yaml: keys, types, bounds and defaults. Static types are derived from here.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";

/** Where access tokens, and codes and refresh tokens, belong by default. */
export const API_ORIGIN = "https://api.anthropic.com";
export const TOKEN_ORIGIN = "https://platform.claude.com";

/** setTimeout takes at most 2^31 - 1 milliseconds; more would fire at once. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

const strict = { additionalProperties: false } as const;

// Goes into a header, the log and the console: no control characters, no line or paragraph separators, no bidirectional
// overrides, no halves of surrogate pairs, no blanks at the ends. (Type.RegExp would take flags, but throws on null.)
const DISPLAY_NAME = String.raw`^(?!\s)(?:[^\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])+$(?<!\s)`;
// RFC 6749 appendix A: VSCHAR without the space, and scope tokens separated by single spaces.
const VISIBLE = /^[\x21-\x7e]+$/.source;
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.source;

// The path of a request: as it comes, without query.
const PATH = /^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/.source;

// The titles choose the words of a complaint (expectation.ts).
export const DisplayName = Type.String({ title: "name", pattern: DISPLAY_NAME, maxLength: 200 });
const Url = Type.String({ minLength: 1, maxLength: 2000 });
const FilePath = Type.String({ minLength: 1, maxLength: 4096 });
const Seconds = (seconds: number) => Type.Number({ minimum: 0, maximum: MAX_TIMEOUT_SECONDS, default: seconds });

const Priority = { minimum: 0, maximum: 1_000_000 } as const;
const Weight = { exclusiveMinimum: 0, maximum: 1_000_000 } as const;

/** One entry of a provider's `accounts` with rules of its own; a bare text is the email alone. */
export const AccountSchema = Type.Object(
  {
    email: DisplayName,
    priority: Type.Optional(Type.Integer(Priority)),
    weight: Type.Optional(Type.Number(Weight)),
    reserve_percent: Type.Number({ minimum: 0, maximum: 100, default: 0 }),
  },
  strict,
);

/** One entry of `providers`; the entries of `accounts` are validated one by one. */
export const ProviderSchema = Type.Object(
  {
    name: DisplayName,
    type: Type.Literal("anthropic", { default: "anthropic" }),
    base_url: Url,
    auth_type: Type.Union([Type.Literal("auth_token"), Type.Literal("api_key")], {
      default: "auth_token",
    }),
    auth_value: Type.String({ minLength: 1, maxLength: 8000 }),
    enabled: Type.Boolean({ default: true }),
    priority: Type.Integer({ ...Priority, default: 1 }),
    weight: Type.Number({ ...Weight, default: 1 }),
    extra_usage: Type.Union([Type.Literal("last"), Type.Literal("never"), Type.Literal("allow")], {
      default: "last",
    }),
    accounts: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1000 })),
    proxy: Type.Optional(Url),
  },
  strict,
);

export const OAuthSchema = Type.Object(
  {
    enable_auto_refresh: Type.Boolean({ default: true }),
    enable_persistence: Type.Boolean({ default: true }),
    store: Type.Union([Type.Literal("keyring"), Type.Literal("file"), Type.Literal("memory")], { default: "keyring" }),
    service_name: Type.String({
      title: "name",
      pattern: DISPLAY_NAME,
      maxLength: 100,
      default: "claude-code-balancer",
    }),
    client_id: Type.String({
      title: "visible",
      pattern: VISIBLE,
      maxLength: 200,
      default: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    }),
    authorize_url: Type.String({
      minLength: 1,
      maxLength: 2000,
      default: "https://claude.ai/oauth/authorize",
    }),
    token_url: Type.String({
      minLength: 1,
      maxLength: 2000,
      default: `${TOKEN_ORIGIN}/v1/oauth/token`,
    }),
    redirect_uri: Type.String({
      minLength: 1,
      maxLength: 2000,
      default: `${TOKEN_ORIGIN}/oauth/code/callback`,
    }),
    scopes: Type.String({
      title: "scopes",
      pattern: SCOPES,
      maxLength: 1000,
      default: "user:profile user:inference",
    }),
    proxy: Type.Optional(Url),
    allowed_origins: Type.Array(Url, { maxItems: 100, default: [] }),
  },
  strict,
);

export const TimeoutsSchema = Type.Object(
  {
    first_byte: Seconds(600),
    first_byte_stream: Seconds(180),
    idle: Seconds(600),
    upload: Seconds(60),
  },
  strict,
);

export const BalancingSchema = Type.Object(
  {
    strategy: Type.Union(
      [
        Type.Literal("session"),
        Type.Literal("round_robin"),
        Type.Literal("least_used"),
        Type.Literal("weighted"),
        Type.Literal("drain"),
      ],
      { default: "session" },
    ),
    session_ttl_seconds: Type.Number({ minimum: 1, maximum: 604_800, default: 3600 }),
    max_attempts: Type.Integer({ minimum: 1, maximum: 100, default: 4 }),
    failover_budget_seconds: Type.Number({ minimum: 1, maximum: 3600, default: 90 }),
    unhealthy_threshold: Type.Integer({ minimum: 1, maximum: 1000, default: 2 }),
    failure_cooldown_seconds: Type.Number({ minimum: 0, maximum: 3600, default: 30 }),
    when_exhausted: Type.Union([Type.Literal("fail"), Type.Literal("hold")], { default: "fail" }),
  },
  strict,
);

/** Who may call; the entries of `api_keys` are validated one by one (client-key-schema.ts). */
export const AuthSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: false }),
    api_key: Type.Optional(Type.String({ title: "visible", pattern: VISIBLE, maxLength: 1000 })),
    api_keys: Type.Array(Type.Unknown(), { maxItems: 1000, default: [] }),
    exempt_paths: Type.Array(Type.String({ title: "path", pattern: PATH, maxLength: 200 }), {
      maxItems: 100,
      default: ["/health"],
    }),
    admin: Type.Optional(Type.Union([Type.Literal("open"), Type.Literal("key")])),
  },
  strict,
);

/** Who is told when something needs its owner. */
export const NotifySchema = Type.Object(
  {
    webhook: Type.Optional(Url),
    desktop: Type.Union([Type.Literal("auto"), Type.Literal("off")], { default: "off" }),
    window_percent: Type.Number({ minimum: 1, maximum: 100, default: 90 }),
  },
  strict,
);

export const TlsSchema = Type.Object({ cert: FilePath, key: FilePath }, strict);

const UsdPerMillion = { minimum: 0, maximum: 1_000_000 } as const;
const CachePrice = Type.Optional(Type.Number(UsdPerMillion));

/** What the tokens of a model cost, USD per million. */
export const PriceSchema = Type.Object(
  {
    input: Type.Number(UsdPerMillion),
    output: Type.Number(UsdPerMillion),
    cache_write: CachePrice,
    cache_read: CachePrice,
  },
  strict,
);

/** What is kept of the usage; the entries of `prices` are validated one by one. */
export const UsageSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true }),
    retention_days: Type.Integer({ minimum: 1, maximum: 36_500, default: 400 }),
    prices: Type.Record(Type.String(), Type.Unknown(), { default: {}, maxProperties: 1000 }),
  },
  strict,
);

/** `settings`; every key has a default, but for files, the certificate and the socket. */
export const SettingsSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, default: "127.0.0.1" }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 9090 }),
    log_level: Type.Union(
      [Type.Literal("DEBUG"), Type.Literal("INFO"), Type.Literal("WARNING"), Type.Literal("ERROR")],
      {
        default: "INFO",
      },
    ),
    language: Type.Union([Type.Literal("auto"), Type.Literal("zh-CN"), Type.Literal("en")], {
      default: "auto",
    }),
    oauth: OAuthSchema,
    timeouts: TimeoutsSchema,
    balancing: BalancingSchema,
    max_body_mb: Type.Number({ exclusiveMinimum: 0, maximum: 512, default: 32 }),
    shutdown_grace_seconds: Type.Number({ minimum: 0, maximum: 86_400, default: 30 }),
    ca_file: Type.Optional(FilePath),
    allowed_hosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 100, default: [] }),
    auth: AuthSchema,
    tls: Type.Optional(TlsSchema),
    socket: Type.Optional(FilePath),
    notify: NotifySchema,
    plain_http_from: Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 100, default: [] }),
    usage: UsageSchema,
  },
  strict,
);

/** What one pattern of `model_routes` leads to; the entries are validated one by one. */
export const RouteSchema = Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1000 });
export const RouteEntrySchema = Type.Object(
  {
    provider: DisplayName,
    model: Type.String({ title: "name", pattern: DISPLAY_NAME, maxLength: 200, default: "passthrough" }),
    priority: Type.Optional(Type.Integer(Priority)),
  },
  strict,
);

/** The top level; the parts are validated one by one, so that a fault in one hides none in another. */
export const FileSchema = Type.Object(
  {
    providers: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1000 }),
    model_routes: Type.Optional(Type.Unknown()),
    settings: Type.Optional(Type.Unknown()),
  },
  strict,
);

/** Any mapping of YAML. */
export const MappingSchema = Type.Record(Type.String(), Type.Unknown());

/** An entry of `providers` that has a name, whatever else is wrong with it. */
export const NamedSchema = Type.Object({ name: Type.String() });

/** What is left of a part once its faulty keys are taken out; the rules look at the rest all the same. */
export const ProviderDraftSchema = Type.Partial(ProviderSchema);
export const AccountDraftSchema = Type.Partial(AccountSchema);
export const RouteEntryDraftSchema = Type.Partial(RouteEntrySchema);
export const SettingsDraftSchema = Type.Partial(
  Type.Object({
    ...SettingsSchema.properties,
    oauth: Type.Partial(OAuthSchema),
    timeouts: Type.Partial(TimeoutsSchema),
    balancing: Type.Partial(BalancingSchema),
    auth: Type.Partial(AuthSchema),
    tls: Type.Partial(TlsSchema),
    usage: Type.Partial(UsageSchema),
    notify: Type.Partial(NotifySchema),
  }),
);

export type ProviderFields = Static<typeof ProviderSchema>;
export type ProviderDraft = Static<typeof ProviderDraftSchema>;
export type AccountDraft = Static<typeof AccountDraftSchema>;
export type PriceFields = Static<typeof PriceSchema>;
export type SettingsFields = Static<typeof SettingsSchema>;
export type SettingsDraft = Static<typeof SettingsDraftSchema>;
