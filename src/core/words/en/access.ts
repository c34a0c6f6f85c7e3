// Words about who may call, for people who read English. `exposed` holds lines to copy: they must stay valid YAML.

export const accessWords = {
  // configuration
  expectSha256: "64 hexadecimal digits, as `ccb key new` prints them",
  expectPath: "a path that begins with /, such as /health, without ? and #",
  enabledUnsaid: "holds keys and does not say whether they are asked for; add enabled: true",
  keysIdle: "the keys are not asked for, since enabled is false: every program that can connect may call",
  adminUnasked:
    "management would answer without a key, since keys are not asked for; add enabled: true, and under api_keys one with role: admin (`ccb key new me --role admin` prints its line)",
  noKeys: "enabled without any key; `ccb key new NAME` makes one and prints its line for api_keys",
  keyOrDigest: "needs either key or key_sha256, and not both",
  keyNameTwice: "another key has this name already (upper and lower case count as the same)",
  keyTwice: "this key stands here twice; every name needs a key of its own",
  keyShort: "short enough to be guessed; `ccb key new NAME` makes one that is not",
  neverExempt: "always needs a key while enabled is true; only paths such as /health and /docs may be exempt",
  hostName: "must be a host name or an address without scheme, port or path, such as ccb.example or 192.168.1.5",
  network: "must be an address or a range of addresses, such as 172.16.0.0/12 or fd00::/8",
  socketTooLong: (bytes: number): string =>
    `is too long for the path of a socket, which the system keeps to ${bytes} bytes`,
  noneWithoutSocket: 'host "none" listens nowhere; name a socket: path, or give an address',
  noCertificate: "holds no certificate in PEM form (BEGIN CERTIFICATE)",
  noPrivateKey: "holds no private key in PEM form without a password (BEGIN PRIVATE KEY)",
  keyOfAnother: "is not the key of this certificate",
  tlsKeyShared: "everybody on this machine may read this private key: chmod o-r",
  exposed: ({ host, needsKeys, needsTls }: { host: string; needsKeys: boolean; needsTls: boolean }): string => {
    const keys = [
      "  auth:",
      "    enabled: true",
      "    api_keys:",
      "      - {name: me, key_sha256: …, role: admin}   # `ccb key new me --role admin` prints this line",
    ];
    const tls = [
      "  tls: {cert: /path/fullchain.pem, key: /path/privkey.pem}",
      "  # or, where a TLS proxy stands in front or a container maps the port, only those that may come without TLS:",
      "  plain_http_from: [172.16.0.0/12]",
    ];
    const why = needsKeys
      ? "whoever reaches this address could use your accounts"
      : "keys and conversations would cross the network in the clear";
    return [
      `${host} is more than this machine, and ${why}; ccb does not start so. Listen on this machine alone (host: 127.0.0.1), or add:`,
      "settings:",
      ...(needsKeys ? keys : []),
      ...(needsTls ? tls : []),
    ].join("\n");
  },
  adminOpen: ({ host }: { host: string }): string =>
    `${host} is more than this machine, and auth.admin: open would let everybody there sign accounts in and out; set it to key`,
  stillListening: ({ host }: { host: string }): string =>
    `ccb still listens at ${host}, where this would leave it open; restart it to change both at once`,
  noAdminKey: "no key has role: admin and there is no settings.socket: nobody could sign an account in",
  noAllowedHosts:
    "clients reach this address under a name of yours, and ccb answers none but localhost: name it in settings.allowed_hosts, or they get 403",
  namesWithoutKeys:
    "asks for no key, and ccb answers under the names of allowed_hosts: whoever comes under them through a proxy on this machine may use the accounts and manage them; add enabled: true and keys, unless only you can",
  plainFromAnywhere: "plain_http_from covers every address: keys may cross any network in the clear",

  // requests
  hostRefused:
    "ccb does not answer under this Host. Use http://localhost and ccb's port, or add the name to settings.allowed_hosts if it is yours.",
  plainRefused:
    "ccb takes no unencrypted connection from this address. Use TLS, or add the address to settings.plain_http_from.",
  keyNeeded: ({ only }: { only: boolean }): string =>
    only
      ? "ccb asks for a key here, as x-ccb-key (the other credentials go to the upstream). For Claude Code: ANTHROPIC_CUSTOM_HEADERS='x-ccb-key: YOUR_KEY'. `ccb key new NAME` makes one."
      : "ccb asks for a key here, as Authorization: Bearer or x-ccb-key. For Claude Code: ANTHROPIC_AUTH_TOKEN=YOUR_KEY. `ccb key new NAME` makes one.",
  keyUnknown: ({ only }: { only: boolean }): string =>
    only
      ? "ccb does not know this x-ccb-key. Send one of settings.auth; `ccb key new NAME` makes one."
      : "ccb does not know this key. Send one of settings.auth as Authorization: Bearer or x-ccb-key; `ccb key new NAME` makes one.",
  adminNeeded: "This key may call /v1/* and /health only. Use a key with role: admin, or ccb's socket.",
  modelRefused: "This key may not use this model. settings.auth says which ones it may.",
  modelUntold: "This key may use some models only, and the request does not say plainly which one it wants.",
  targetRefused:
    "Nothing that this key may use serves this request. settings.auth says which providers and accounts it may use.",
  keyToUpstream:
    "The credential for the upstream is one of ccb's own keys, and those are never passed on. Send it as x-ccb-key, and the upstream's own credential beside it.",
  tooMany: ({ limit }: { limit: number }): string =>
    `This key may make ${limit} requests a minute and has made them. Wait as long as retry-after says.`,
  tooManyAtOnce: ({ limit }: { limit: number }): string =>
    `This key may have ${limit} requests under way at once and has them. Try again when one has ended.`,

  // ccb key new
  key: "make keys for those who may call",
  keyAction: "new: print a new key once, and its line for providers.yaml",
  keyName: "whose key it is",
  keyRole: "client (/v1/* and /health) or admin (everything)",
  keyNameBad: "the name of a key has 1 to 200 characters, none of them a control character, and no blanks at its ends",
  keyRoleBad: "--role is client or admin",
  keyMade: "The key, shown only now (ccb keeps none of it):",
  keyLine: "Its line for providers.yaml, under settings.auth (with enabled: true), in api_keys:",
  keyUse: "Clients send it as x-api-key, Authorization: Bearer or x-ccb-key; Claude Code: ANTHROPIC_AUTH_TOKEN.",
  whichKeyAction: "say whose key it is: ccb key new NAME",

  // listening
  socketTaken: ({ path }: { path: string }): string =>
    `Another program listens at ${path}. Stop it, or name another settings.socket.`,
  socketRefused: ({ path, why }: { path: string; why: "other_owner" | "not_a_socket" | "folder" }): string => {
    const reason = {
      other_owner: "it belongs to another user",
      not_a_socket: "there is a file there that is no socket",
      folder: "its folder is missing, or others may put files there in its place",
    }[why];
    return `ccb cannot listen at ${path}: ${reason}. Name another settings.socket, in a folder of your own.`;
  },
  socketFailed: ({ path, reason }: { path: string; reason: string }): string =>
    `ccb cannot listen at ${path} (${reason}). Name another settings.socket.`,
  tlsFailed: ({ reason }: { reason: string }): string =>
    `ccb cannot use the certificate or the key of settings.tls (${reason}).`,
};
