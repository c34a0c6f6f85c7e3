// Words of `ccb doctor`, for people who read English. Each finding has a text, and most have advice: what to do.

type Reason = "refused" | "unknown_host" | "tls" | "tunnel" | "proxy_login" | "silent" | "other";

export const doctorWords = {
  command: "look for what keeps ccb, its accounts or Claude Code from working, and say what to do; exit code 1 if something does", // prettier-ignore
  selfTestFlag: "run sign-in, stream, refresh, failover and abort against an upstream inside the program",
  jsonFlag: "print JSON",
  keyFlag: "a key of ccb, where the server asks for one (better: CCB_KEY in the environment)",
  level: { ok: "ok", warning: "warning", problem: "problem" },
  check: {
    configuration: "configuration",
    port: "port",
    store: "accounts kept",
    other_ccb: "another ccb",
    clock: "clock",
    upstream: "upstream",
    token_endpoint: "token endpoint",
    proxy: "proxy",
    permissions: "file permissions",
    claude_code: "Claude Code",
    client_path: "client's way here",
  },
  summary: ({ problems, warnings }: { problems: number; warnings: number }): string => {
    const counted = (count: number, word: string): string => (count === 1 ? `1 ${word}` : `${count} ${word}s`);
    if (problems > 0)
      return `${counted(problems, "problem")}, ${counted(warnings, "warning")}. Mend the problems first.`;
    return warnings > 0 ? `No problem, ${counted(warnings, "warning")}.` : "All is well.";
  },
  tookTooLong: ({ seconds }: { seconds: number }): string => `This check gave no answer within ${seconds} s.`,
  failed: ({ reason }: { reason: string }): string => `This check could not be made (${reason}).`,

  configurationGood: ({ file, providers }: { file: string | null; providers: number }): string =>
    `${file ?? "the default inside the program"}, ${providers === 1 ? "1 provider" : `${providers} providers`} enabled`,
  noProvider: "No provider is enabled, so nothing can be served.",
  enableProvider: "Set enabled: true at one in providers.yaml.",
  onlyInEnvironmentFile: ({ file }: { file: string }): string =>
    `It is good with the variables of ${file}, which the service has and this shell lacks.`,
  configurationMend: "`ccb check` says the same; mend the file, and ccb takes it as soon as it is saved.",
  unreadMend: ({ file }: { file: string }): string => `To use it: ccb --config ${file}`,
  unreadThere: ({ file }: { file: string }): string => `${file} is here and not read: it could be anybody's.`,

  portOurs: ({ address, version }: { address: string; version: string | null }): string =>
    `ccb ${version === null ? "" : `${version} `}answers at ${address}`,
  portOtherVersion: ({ address, theirs, ours }: { address: string; theirs: string; ours: string }): string =>
    `The ccb that answers at ${address} is ${theirs}; this program is ${ours}.`,
  restart: "Restart it (`ccb service install` again for a service).",
  portFree: ({ address }: { address: string }): string => `${address} is free; no ccb runs there`,
  portAny: "any free port will be taken (port: 0)",
  portSocket: "ccb listens at its socket alone, and none answers there",
  start: "Start it with `ccb`, or as a service with `ccb service install`.",
  portTaken: ({ address }: { address: string }): string => `Another program listens at ${address}.`,
  portTakenMend: ({ port }: { port: number }): string => `Stop it, or choose another: ccb --port ${port + 1}`,
  portSilent: ({ address, seconds }: { address: string; seconds: number }): string =>
    `What listens at ${address} gave no answer within ${seconds} s.`,
  portSilentMend: "If it is ccb, restart it; its log says what it waits for.",
  portRefused: ({ address, reason }: { address: string; reason: string }): string =>
    `ccb cannot listen at ${address} (${reason}).`,
  portRefusedMend: "Choose another with settings.host and settings.port; ports below 1024 belong to the system.",
  serverMend: "Look at settings.tls and at what listens there.",

  storeWorks: ({ kind }: { kind: "keyring" | "file" }): string =>
    `${kind === "keyring" ? "The system keyring" : "The sealed store"} kept, gave back and removed a test entry: accounts are durable.`,
  storeServer: ({ detail }: { detail: string }): string => `The running ccb says: ${detail}`,
  storeServerMend: "Its console and its log say what to do; until then accounts end with that process.",
  storeAsk: "The running ccb holds the sealed store, and says how it stands only to who has a key.",
  storeAskMend: "Give this command one: CCB_KEY=KEY or --key KEY.",
  storeMemory: "Accounts are kept in memory only, as settings.oauth says: they are gone after a restart.",
  storeMemoryMend: "Remove enable_persistence: false and store: memory from settings.oauth to keep them.",
  storeFails: ({ why, detail }: { why: string; detail: string }): string =>
    `Accounts are not durable: ${why} (${detail}).`,
  storeHeldElsewhere: "The store is in use by another ccb, so it was not tried.",
  storeHeldElsewhereMend: "See what is said of the other ccb, then run `ccb doctor` again.",
  lockOurs: "The running ccb has the store of accounts.",
  lockFree: "No other ccb uses this store of accounts.",
  lockNone: "Nothing is stored, so nothing is shared.",

  clockGood: ({ server }: { server: string }): string => `right to within a minute, by the Date of ${server}`,
  clockWrong: ({ seconds, server }: { seconds: number; server: string }): string => {
    const minutes = Math.round(Math.abs(seconds) / 60);
    const far = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} hours`;
    return `This machine's clock is ${far} ${seconds > 0 ? "ahead of" : "behind"} ${server}.`;
  },
  clockMend:
    "Expiry times of tokens are reckoned by it, and certificates fail. Linux: `timedatectl set-ntp true`; macOS and Windows: set the time automatically.",
  clockUnsaid: "The servers answer and do not say what time it is (no Date header).",
  clockUnsaidMend: "Compare it with another clock: date -u",
  clockUnknown: "No server said what time it is.",
  clockUnknownMend: "Mend what keeps the upstreams from being reached, then run `ccb doctor` again.",

  reached: ({ name, origin, status }: { name: string; origin: string; status: number }): string =>
    `${name}: ${origin} answers (HTTP ${status})`,
  tokenEndpoint: "sign-in and refresh",
  reachFailed: ({
    name,
    origin,
    proxy,
    reason,
    code,
  }: {
    name: string;
    origin: string;
    proxy: string | null;
    reason: Reason;
    code: string;
  }): string => {
    // prettier-ignore
    const way = proxy === null ? origin : `${origin} through the proxy ${proxy}`;
    const why: Record<Reason, string> = {
      refused: proxy === null ? "nobody listens there, or the network is down" : "the proxy does not answer",
      unknown_host: proxy === null ? "its name is not known (DNS)" : "a name is not known (DNS): the proxy's, or the host's at the proxy", // prettier-ignore
      tls: "TLS failed: its certificate is not to be trusted, or it speaks no TLS",
      tunnel: "the proxy opens no tunnel to it",
      proxy_login: "the proxy asks for a user name and password",
      silent: "no answer within 5 s",
      other: "the connection was lost",
    };
    return `${name}: ${way} is not reached: ${why[reason]} (${code}).`;
  },
  reachMend: {
    refused: "See whether this machine has a network, and whether base_url and the proxy are right.",
    unknown_host: "See whether this machine has a network and DNS, and whether the name is spelled right.",
    tls: "Where a company looks into TLS: settings.ca_file: FILE with its authority. Else check the address, and the clock.",
    tunnel:
      "Ask who runs the proxy to allow this host, or set another: `proxy:` at the provider, settings.oauth.proxy.",
    proxy_login: "Put it into the proxy's address: http://USER:PASSWORD@HOST:PORT",
    silent: "A firewall may swallow it: set a proxy (`proxy:` at the provider, HTTPS_PROXY), or try another network.",
    other: "Try again; if it stays so, a firewall or the proxy breaks it: try another network or proxy.",
  },

  noProxy: "none is set: ccb goes out directly",
  proxyDirect: ({ host }: { host: string }): string => `${host}: directly`,
  proxyLoopback: ({ host }: { host: string }): string => `${host}: directly, as it is this machine`,
  proxyExempt: ({ host }: { host: string }): string => `${host}: directly, as NO_PROXY says`,
  proxyOwn: ({ host, proxy }: { host: string; proxy: string }): string =>
    `${host}: through ${proxy}, which providers.yaml names (NO_PROXY does not count there)`,
  proxyEnvironment: ({ host, proxy, name }: { host: string; proxy: string; name: string }): string =>
    `${host}: through ${proxy}, from ${name} of this shell's environment`,
  proxyUnusable: ({ host, name }: { host: string; name: string }): string =>
    `${host}: ${name} names a proxy that ccb cannot use.`,
  proxyUnusableMend: "It takes http:// and https:// proxies, no SOCKS: http://HOST:PORT",
  proxyUnreadable: "an address that cannot be read",

  permissionsGood: "only you can change what ccb trusts, and only you can read its secrets",
  permissionsNone: "this system has no such permissions; your profile keeps others out",
  fileForeign: ({ file }: { file: string }): string => `${file} belongs to another user.`,
  fileForeignMend: ({ file }: { file: string }): string => `chown "$(id -u)" ${file}`,
  fileWritable: ({ file }: { file: string }): string => `Others can change ${file}.`,
  fileReadable: ({ file }: { file: string }): string => `Others can read ${file}, and it holds a secret.`,
  chmod: ({ mode, file }: { mode: string; file: string }): string => `chmod ${mode} ${file}`,

  claudeVersion: ({ version }: { version: string }): string => `Version ${version}`,
  claudeMissing: "There is no `claude` on the PATH.",
  claudeFailed: ({ reason }: { reason: string }): string => `\`claude --version\` does not work (${reason}).`,
  claudeFailedMend: "Run it yourself and see what it says; `claude doctor` may help.",
  settingsUnreadable: ({ file, reason }: { file: string; reason: string }): string =>
    `${file} cannot be read as settings of Claude Code (${reason}).`,
  settingsMend: "Mend it: what it sets does not count as it is.",
  from: ({ name, source }: { name: string; source: string | null }): string =>
    source === null ? name : `${name} (from ${source})`,
  baseUrlUnset: "ANTHROPIC_BASE_URL is not set here: a `claude` started from this shell does not go through ccb.",
  baseUrlUnsetMend: "Start it with `ccb run -- claude`, or set the environment: eval \"$(ccb env)\"", // prettier-ignore
  baseUrlOurs: ({ name, url }: { name: string; url: string }): string => `${name} leads here: ${url}`,
  baseUrlElsewhere: ({ name, url, ours }: { name: string; url: string; ours: string }): string =>
    `${name} leads to ${url}, and this ccb is at ${ours}.`,
  baseUrlBad: ({ name }: { name: string }): string => `${name} is no http or https address.`,
  baseUrlScheme: ({ name, scheme }: { name: string; scheme: string }): string =>
    `${name} does not begin with ${scheme}://, as this ccb's address does.`,
  baseUrlPath: ({ name, path }: { name: string; path: string }): string =>
    `${name} ends in ${path}. Claude Code adds /v1/messages itself, so nothing is found there.`,
  baseUrlMend: ({ ours }: { ours: string }): string => `Set it to ${ours} (\`ccb env\` prints the lines).`,
  onlySocket: "ccb listens at its socket alone (host: none), and Claude Code needs an address.",
  onlySocketMend: "Set settings.host to 127.0.0.1.",
  sends: ({ name }: { name: string }): string =>
    `It sends ${name}, which ccb replaces by the account or key that it chooses.`,
  sendsKey: ({ name }: { name: string }): string => `It sends ${name} as ccb's key.`,
  sendsThrough: ({ name }: { name: string }): string => `It sends ${name}, which ccb passes through to the provider.`,
  sendsNothing:
    "No credential is set, so Claude Code asks for a login of its own or sends its own login's token to ccb.",
  sendsNothingMend: "Set ANTHROPIC_AUTH_TOKEN to any word, such as ccb (`ccb env` prints the lines).",
  keyWanted: "ccb asks for a key here, and Claude Code has none to send.",
  keyWantedMend: "`ccb key new NAME` makes one; then: CCB_KEY=KEY ccb env",
  placeholderThrough: ({ name }: { name: string }): string =>
    `${name} is set, and ccb passes it through: the provider gets it in place of Claude Code's own login.`,
  placeholderThroughMend: "Unset it, unless it is a credential of that provider.",
  severalCredentials: ({ used, others }: { used: string; others: readonly string[] }): string =>
    `${used} is used; ${others.join(", ")} ${others.length === 1 ? "is" : "are"} set too.`,
  severalCredentialsMend: "Unset what is not meant: Claude Code warns of it, or asks each time.",
  oauthTokenSent: ({ name }: { name: string }): string => `${name} goes to ccb as it is, with every request.`,
  cloudProvider: ({ name }: { name: string }): string =>
    `${name} is set: Claude Code goes to that cloud, whatever ANTHROPIC_BASE_URL says.`,
  unset: ({ name }: { name: string }): string => `Unset ${name}.`,
  clientProxied: ({ name, host }: { name: string; host: string }): string =>
    `${name} is set, and NO_PROXY does not name ${host}: Claude Code asks the proxy for ccb.`,
  clientProxiedMend: ({ host }: { host: string }): string =>
    `Add ${host} to NO_PROXY (\`ccb env\` and \`ccb run\` do), for a client started another way: export NO_PROXY="$NO_PROXY,localhost,127.0.0.1,::1"`,
  customUrl:
    "With a base URL of its own it sends one streamed POST /v1/messages a turn, and no probe of the quota before it; " +
    "/context asks for about 24 counts at once; models are listed only with CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1; " +
    "429 and 5xx are tried again for about three minutes, but not where retry-after is beyond 60 s; " +
    "a stream that is silent for 300 s is asked for again without streaming.",

  pathGood: ({ url, proxy }: { url: string; proxy: string | null }): string =>
    `GET ${url}/health ${proxy === null ? "directly" : `through ${proxy}`}: ccb answers`,
  pathNotTried: "Not tried: no ccb answers.",
  pathElsewhere: "Not tried, as ANTHROPIC_BASE_URL does not lead here.",
  pathStranger: ({ url, proxy, status }: { url: string; proxy: string | null; status: number }): string =>
    proxy === null
      ? `GET ${url}/health: what answers is no ccb (HTTP ${status}).`
      : `GET ${url}/health: the proxy ${proxy} answers, not ccb (HTTP ${status}).`,
  pathFailed: ({ url, proxy, code }: { url: string; proxy: string | null; code: string }): string =>
    `GET ${url}/health ${proxy === null ? "directly" : `through ${proxy}`} fails (${code}).`,
  pathTls: ({ file }: { file: string }): string =>
    `Claude Code does not trust ccb's certificate: export NODE_EXTRA_CA_CERTS=${file}`,
  pathMend: "Compare ANTHROPIC_BASE_URL with the address that `ccb status` shows.",

  selfTest: {
    title: "ccb against an upstream inside the program; your accounts, configuration and keyring are not touched.",
    step: {
      sign_in: "sign-in",
      stream: "stream",
      refresh: "refresh",
      failover: "failover",
      abort: "abort",
    },
    did: {
      sign_in: "two accounts, PKCE checked",
      stream: "byte for byte, and not held back",
      refresh: "an expired token renewed once, for four requests at once",
      failover: "an account at its limit: the other one answered",
      abort: "the client left: so did ccb",
    },
    good: ({ took }: { took: string }): string => `All steps work (${took}).`,
    bad: ({ count }: { count: number }): string =>
      `${count === 1 ? "1 step does" : `${count} steps do`} not work. This is a fault of ccb or of this machine: please report it with this output.`,
    notStarted: ({ reason }: { reason: string }): string => `The server could not be started (${reason}).`,
    skipped: "not tried, as nobody is signed in",
    fault: {
      status: ({ detail }: { detail: string }): string => `it was not answered as it should be (${detail})`,
      bytes: ({ detail }: { detail: string }): string => `not the same bytes arrived (${detail})`,
      challenge: ({ detail }: { detail: string }): string => `the sign-in address has no PKCE challenge (${detail})`,
      accounts: ({ detail }: { detail: string }): string =>
        `another number of accounts than 2 is signed in (${detail})`,
      refreshes: ({ detail }: { detail: string }): string => `refreshes at the token endpoint: ${detail}, not 1`,
      attempts: ({ detail }: { detail: string }): string => `the other account did not answer at the second attempt (attempts: ${detail})`, // prettier-ignore
      silent: ({ detail }: { detail: string }): string => `no end within ${detail}`,
    },
  },
};
