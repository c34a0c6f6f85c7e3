// Words about signing in, for people who read English.
import type { LoginInstruction } from "../shapes.ts";

/** What to do next, for who speaks HTTP; the command line says it in its own words. */
const NEW_ADDRESS = "Ask for a new address with GET /oauth/generate-url and sign in again.";
const LIST = "GET /oauth/status lists them.";

export const loginWords = {
  overHttp: { again: NEW_ADDRESS, accounts: LIST },
  denied: `The sign-in was refused in the browser. ${NEW_ADDRESS}`,
  codeMalformed:
    "This does not look like an authorization code. Paste CODE, CODE#STATE or the whole address of the page that the browser ended on.",
  codeRefused: `The authorization server refused the code: it is wrong, was used already or has expired. ${NEW_ADDRESS}`,
  stateUnknown: `No sign-in is waiting for this code: it is older than ten minutes, was used already, or began before the last restart. ${NEW_ADDRESS}`,
  statesDiffer:
    "The `state` in the request is not the one pasted with the code. Leave `state` out, or send the one that belongs to the code.",
  inProgress: "This sign-in is being completed by another request. Wait for its answer.",
  emailNeeded:
    "The authorization server did not say whose account this is. Nothing is lost: send the same request once more with `account_email`.",
  endpointUnreachable:
    "The authorization server could not be reached. Check the network and settings.oauth.proxy, then send the same request again.",
  endpointFailed: ({ status }: { status: number }): string =>
    `The authorization server failed (HTTP ${status}). Nothing is lost: send the same request again in a minute.`,
  rateLimited: "The authorization server asks to wait. Send the same request again after the time in retry-after.",
  blocked:
    "A firewall page came in place of the authorization server's answer. Your tokens are kept. Try again later or from another network.",
  refused: ({ status }: { status: number }): string =>
    `The authorization server refused this request (HTTP ${status}): the network, the region or the account is not allowed. Trying again will not help by itself.`,
  replyInvalid: `The authorization server's answer could not be understood, so no token was taken. ${NEW_ADDRESS}`,
  tokenUnavailable: ({ reason }: { reason: string }): string =>
    `The access token could not be refreshed just now (${reason}). ccb keeps trying; send the request again in a moment.`,
  required: "The account has to sign in again.",
  accountUnknown: `No account of this name is signed in. ${LIST}`,
  /** The message of the 401 that a client shows to its user. */
  requiredMessage: ({ url, exchangeUrl, command }: LoginInstruction & { command: string }): string =>
    `ccb needs a sign-in. Run: ${command}   Or by hand: open ${url} in a browser, copy the code, then run: curl -X POST ${exchangeUrl} -H "Content-Type: application/json" -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
  /** design.md fixes the block: scripts look for it. */
  block: ({ provider, url, exchangeUrl }: LoginInstruction & { provider: string }): string =>
    [
      `🔐 ${provider.toUpperCase()} AUTHORIZATION REQUIRED`,
      `Please authorize: ${url}`,
      "After login, copy the 'code' parameter and run:",
      `curl -X POST ${exchangeUrl} \\`,
      `     -H "Content-Type: application/json" \\`,
      `     -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
    ].join("\n"),
  terms:
    "Before you sign in: ccb is unofficial. Anthropic's terms (checked 2026-08-22) say that developers may not collect, store or intermediate Claude.ai credentials; signing in here may breach them. API keys and `auth_value: passthrough` avoid the question.",
  instructions: ({ exchangeUrl }: { exchangeUrl: string }): string =>
    `Open login_url in a browser, sign in, copy the code that the page shows (CODE#STATE), and within ten minutes run: curl -X POST ${exchangeUrl} -H "Content-Type: application/json" -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
  lost: ({ account, reason }: { account: string; reason: string }): string =>
    `The account ${account} has to sign in again (${reason}). Run: ccb login   The next request that needs it prints the address, too.`,
  emailDiffers: ({ typed, actual }: { typed: string; actual: string }): string =>
    `You typed ${typed}, but ${actual} signed in. The account is kept under ${actual}; ${typed} works as another name for it.`,
  notDurable: ({ why, mend }: { why: string; mend: string }): string =>
    `The tokens are in memory only and are gone after a restart: ${why}. ${mend}`,
  persistenceOff:
    "Tokens are kept in memory only, because settings.oauth.store is memory or enable_persistence is false.",
};
