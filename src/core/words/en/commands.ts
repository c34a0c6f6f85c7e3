// Words of the commands that speak to a running ccb, for people who read English.

export const commandsWords = {
  serverDown: ({ address, reason }: { address: string; reason: string }): string =>
    `No ccb answers at ${address} (${reason}). Start it with \`ccb\`, or as a service with \`ccb service install\`; if it listens elsewhere, name that with --config, --host or --port.`,
  serverSilent: ({ address, seconds }: { address: string; seconds: number }): string =>
    `ccb at ${address} did not answer within ${seconds} s. Try again; its log says what it waits for.`,
  serverForeign: ({ address }: { address: string }): string =>
    `What answers at ${address} is no ccb that this one understands. Check --host and --port; after an update, restart the server.`,
  serverCertificate: ({ address, reason }: { address: string; reason: string }): string =>
    `The certificate of ${address} is not to be trusted (${reason}). Restart ccb if settings.tls.cert was renewed, or name its authority in settings.ca_file.`,
  certificateUnread: ({ reason }: { reason: string }): string =>
    `The certificate of settings.tls cannot be read here (${reason}). Run this command as the user of the server.`,
  configBad: "The server is found by this configuration, which is not good: mend it first.",
  brokenFile: ({ file }: { file: string }): string =>
    `${file} is not good as it is now (\`ccb check\` says why); the running ccb keeps what it has loaded.`,
  hostBad: "--host is a host name or an address without scheme and port",
  outputLost: ({ reason }: { reason: string }): string => `The output could not be written (${reason}).`,
  keyBad: "a key has no blanks and no characters beyond ASCII: look at --key and CCB_KEY",
  giveKey: ({ given }: { given: boolean }): string =>
    given
      ? "Give this command another key: CCB_KEY=KEY in the environment, or --key KEY. It must have role: admin to manage ccb. With settings.socket no key is needed on this machine."
      : "Give this command a key: CCB_KEY=KEY in the environment, or --key KEY. It must have role: admin to manage ccb. With settings.socket no key is needed on this machine.",

  // the flags and the help they share
  examples: "Examples:",
  configFlag: "the configuration file of the server",
  hostFlag: "host of the server, where the configuration names another",
  portFlag: "port of the server, where the configuration names another",
  keyFlag: "ccb's own key, where the server asks for one (better: CCB_KEY in the environment)",
  jsonFlag: "print JSON",
  yesFlag: "do not ask",
  missingArgument: ({ name }: { name: string }): string => `${name} is missing`,
  badValue: ({ name }: { name: string }): string => `${name} does not take this value`,
  email: "the account's email",

  // ccb status
  status: "show the server, its providers and accounts, limits and cooldowns; exit code 0 if it can serve",
  server: ({ version, address }: { version: string; address: string }): string => `ccb ${version} at ${address}`,
  up: ({ since }: { since: string }): string => `, started ${since}`,
  column: {
    target: "TARGET",
    state: "STATE",
    fiveHours: "5 HOURS",
    week: "WEEK",
    others: "OTHER LIMITS",
    busy: "BUSY",
    email: "EMAIL",
    organization: "ORGANIZATION",
    expires: "TOKEN EXPIRES",
    lastUsed: "LAST USED",
    requests: "REQUESTS",
    time: "TIME",
    status: "STATUS",
    model: "MODEL",
    tries: "TRIES",
    took: "TOOK",
    input: "INPUT",
    output: "OUTPUT",
    cacheWrite: "CACHE WRITE",
    cacheRead: "CACHE READ",
    errors: "ERRORS",
    cost: "COST (USD)",
    request: "REQUEST",
    dimension: { hour: "HOUR", day: "DAY", account: "ACCOUNT", provider: "PROVIDER", model: "MODEL", key: "KEY" },
  },
  state: {
    ready: "ready",
    refreshing: "refreshing",
    cooldown: "cooling down",
    login_required: "login required",
    paused: "paused",
    disabled: "disabled",
    key_refused: "key refused",
  },
  stateUntil: ({ state, until }: { state: string; until: string }): string => `${state} until ${until}`,
  because: ({ reason }: { reason: string }): string => `: ${reason}`,
  resets: ({ used, at }: { used: string; at: string | null }): string => (at === null ? used : `${used}, resets ${at}`),
  unknownUse: "not said",
  withKey: "API key",
  ownCredential: "the client's own credential",
  onlyModel: ({ model }: { model: string }): string => `${model} alone`,
  onlyCounting: "counting of tokens alone",
  noTarget: "Nobody is signed in for it: ccb login",
  cannotServe: "Nothing here can serve a request now.",

  // ccb accounts, logout, refresh, pause, resume
  accounts: "list the accounts and how they stand",
  nobody: "Nobody is signed in. Sign in with: ccb login",
  overHttp: { again: "Run `ccb login` again.", accounts: "`ccb accounts` lists them." },
  never: "never",
  logout: "sign an account out: remove its tokens and revoke them",
  allFlag: "every account",
  logoutWhich: "say which account, or --all for every one",
  logoutAsk: ({ accounts }: { accounts: readonly string[] }): string =>
    `Sign out ${accounts.join(", ")}? Their tokens are removed and revoked. [y/N] `,
  yes: /^\s*(?:y|yes)\s*$/i,
  logoutNotAsked: "there is no terminal to ask on; add --yes to sign out without being asked",
  logoutKept: "Nobody was signed out.",
  removed: ({ account }: { account: string }): string => `Signed out: ${account}`,
  removedNone: "Nobody was signed in.",
  removedLater:
    "The store could not be reached: the tokens are gone from memory, and from the store as soon as it opens.",
  refresh: "renew an account's access token now",
  refreshed: ({ account, at }: { account: string; at: string }): string =>
    `The access token of ${account} was renewed and is good until ${at}.`,
  pause: "use an account no more until it is resumed or ccb restarts",
  resume: "use a paused account again; its cooldowns are forgotten too",
  paused: ({ account }: { account: string }): string =>
    `${account} is paused, until \`ccb resume\` or a restart of ccb.`,
  resumed: ({ account }: { account: string }): string => `${account} is used again.`,

  // ccb reload
  reload: "load the configuration again, without a restart",
  reloaded: ({ file, providers }: { file: string; providers: number }): string =>
    `Loaded: ${file}, ${providers === 1 ? "1 provider" : `${providers} providers`}.`,
  restartFor: ({ keys }: { keys: readonly string[] }): string => `Restart ccb for: ${keys.join(", ")}.`,
};
