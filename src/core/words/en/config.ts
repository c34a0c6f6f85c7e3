// Words about the configuration, English. None holds a value of the file, which may be a key; only names of providers.
const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

export const configWords = {
  error: "error",
  warning: "warning",

  // YAML
  yamlSyntax: "this is not valid YAML; check quotes, brackets, colons and indentation here and in the lines above",
  yamlTab: "a tab indents this line; YAML takes spaces only",
  yamlIndent: "the indentation does not fit the lines above",
  yamlAlias:
    'an unquoted value that begins with * or & refers to an anchor that is not there; put the value in "quotes"',
  yamlStarKey: 'a key that begins with * must stand in quotes: "*haiku*": …',
  yamlTag: 'an unquoted value that begins with ! is a YAML tag; put the value in "quotes"',
  yamlVariable: 'in { } and [ ] an unquoted ${NAME} opens a mapping; write "${NAME}"',
  yamlEscape: "an unknown escape after a backslash; put the value in 'single quotes'",
  yamlDocuments: "a second YAML document begins here; the file may hold only one",
  yamlMissing: "a quote, bracket, comma, colon or space is missing here",
  yamlNested: "nested too deeply",
  yamlTooLarge: "too many values, or nested too deeply (do aliases repeat one another?)",
  fileEmpty: 'the file is empty; it needs at least "providers"',

  // keys and values
  keyNotText: "a key must be plain text",
  keyTwice: "this key stands here twice; remove one",
  keyMissing: "this key is missing",
  keyUnknown: (candidates: readonly string[]): string =>
    candidates.length === 0
      ? "unknown key"
      : candidates.length === 1
        ? `unknown key; did you mean ${quoted(candidates)}?`
        : `unknown key; valid here: ${candidates.join(", ")}`,
  keyElsewhere: (path: string): string => `unknown key here; it belongs to "${path}"`,
  valueWrong: (expected: string): string => `must be ${expected}`,
  valueEmpty: (expected: string): string => `is empty; give ${expected}, or remove the line`,
  expectWords: (allowed: readonly string[]): string =>
    allowed.length === 1 ? quoted(allowed) : `one of: ${allowed.join(", ")}`,
  expectBoolean: "true or false",
  expectInteger: (from: number, to: number): string => `a whole number from ${from} to ${to}`,
  expectNumber: (from: number, to: number): string => `a number from ${from} to ${to}`,
  expectNumberAbove: (above: number, to: number): string => `a number greater than ${above} and at most ${to}`,
  expectList: (from: number, to: number): string => `a list of ${from} to ${to} entries ("- …" or [a, b])`,
  expectMapping: "a section of its own (key: value, indented)",
  expectName: (length: number): string =>
    `text of 1 to ${length} characters without control characters or blanks at its ends (numbers in "quotes")`,
  expectVisible: (length: number): string => `1 to ${length} visible ASCII characters without blanks`,
  expectScopes: 'scopes separated by single blanks, such as "user:profile user:inference"',
  expectText: (length: number): string => `text of 1 to ${length} characters (numbers in "quotes")`,
  expectAccount: "an account's email in text, or a section with its email ({email: …, reserve_percent: …})",
  expectOther: "another kind of value",
  environmentUnset: (name: string): string =>
    `the environment variable ${name} is not set, or empty; set it and start again`,
  environmentMalformed: "only ${NAME} is understood, with letters, digits and underscores; for a literal ${ write $${",

  // providers
  providersAllSkipped: "none of the providers can be used; add one of type anthropic with an auth_value",
  providersAllDisabled: "all providers are disabled; no request can be served",
  nameTwice: "another provider has this name already (upper and lower case count as the same)",
  baseUrlEndsInV1:
    "ends in /v1, so requests go to …/v1/v1/messages; leave /v1 out unless the provider really wants it twice",
  oauthWithApiKey: '"oauth" signs with an access token, which is sent as auth_token; set auth_type: auth_token',
  oauthNotAllowedThere:
    "a Claude access token may go to https://api.anthropic.com and this machine only; if you trust the base_url with it, add its origin to settings.oauth.allowed_origins",
  authValueMeant: (word: string): string => `did you mean "${word}"? A key this short is surely none`,
  keyNotSendable: "the key holds blanks, line breaks or characters that no HTTP header can carry; copy it anew",
  keyIsRefreshToken: 'this is a refresh token, which no provider takes; write "oauth" and sign in instead',
  accountsWithoutOauth: "only goes with auth_value: oauth",
  accountTwice: "this account stands in the list already (upper and lower case count as the same)",
  providerOpenai: "skipped: a provider of type openai, which ccb does not speak",
  providerKeyless: "skipped: the provider has an empty auth_value",

  // model routes
  routeProviderUnknown: (near: string | null, known: readonly string[]): string =>
    near === null
      ? `no provider has this name; the file has: ${quoted(known)}`
      : `no provider has this name; did you mean ${quoted([near])}?`,
  routeModelMeant: (word: string): string => `did you mean "${word}"? It leaves the model's name as it is`,
  routeEntrySkipped: "not used: this provider was skipped",
  routeEntryTwice: "not used: the same provider stands in this route already, with the same model",
  routeSkipped:
    "not in force: all its providers were skipped; its models go by the routes below, else to every provider",

  // addresses
  urlInvalid: "must be an address such as https://host/path",
  urlQuery: "must not hold a query (?…)",
  urlFragment: "must not hold a fragment (#…)",
  urlUserinfo: "must not hold a user name or password",
  urlInTheClear: "must begin with https://; plain http:// is for this machine only (localhost, 127.0.0.1, ::1)",
  originWithPath: "must be an origin: scheme, host and port, without a path",
  tokensNotAllowedThere:
    "codes and refresh tokens may go to https://platform.claude.com and this machine only; if you trust this address with them, add its origin to settings.oauth.allowed_origins",
  proxySocks: "SOCKS proxies are not supported (Bun has none); use the HTTP port of your proxy: http://host:port",
  proxyInvalid: "must be the address of a proxy: http://host:port or https://host:port",
  proxyInTheClear:
    "a proxy on another machine would read the credential, since the address is plain http://; use https:// or a local proxy",

  // settings
  caFileUnusable: "cannot be read, or holds no certificate in PEM form (BEGIN CERTIFICATE)",

  // the older balancer
  legacyKey: "a key of the older Python balancer; ccb does not use it",
  legacyMoved: (path: string): string =>
    `a key of the older Python balancer, not in force; ccb has ${path} in its place`,
  legacyTimeouts:
    "time limits of the older Python balancer; ccb uses timeouts.first_byte, first_byte_stream, idle and upload",

  // files, flags and variables
  fileMissing: "there is no such file",
  fileUnreadable: (code: string): string => `cannot be read (${code})`,
  fileNotRegular: "is not a regular file",
  fileTooLarge: (bytes: number): string => `is larger than ${bytes} bytes`,
  fileNotUtf8: "is not UTF-8 text",
  fileOwner: (path: string): string =>
    `belongs to another user, who could send your tokens elsewhere; if it is yours to use: chown "$(id -un)" '${path}'`,
  fileWritable: (path: string): string =>
    `others may write to it and could send your tokens elsewhere; run: chmod go-w '${path}'`,
};
