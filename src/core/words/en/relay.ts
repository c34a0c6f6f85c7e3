// Words about relayed requests, for people who read English.

export const relayWords = {
  bodyTooLarge: ({ megabytes }: { megabytes: number }): string =>
    `The request body is larger than ${megabytes} MB. Send less, or raise settings.max_body_mb.`,
  uploadTimeout:
    "The request body stopped arriving. Send it again; settings.timeouts.upload says how long ccb waits between two bytes.",
  clientGone: "The client closed the connection.",
  upstreamTimeout: ({ provider, seconds }: { provider: string; seconds: number }): string =>
    `${provider} sent no response within ${seconds} s. Try again; settings.timeouts says how long ccb waits.`,
  upstreamUnreachable: ({ provider, code }: { provider: string; code: string }): string =>
    `${provider} could not be reached (${code}). Check the network, its base_url and its proxy, then try again.`,
  upstreamLost: ({ provider, code }: { provider: string; code: string }): string =>
    `${provider} took the request and gave no answer (${code}). Try again.`,
  /** `window` null: the upstream said only how long to wait. */
  allLimited: ({ provider, window, at }: { provider: string; window: string | null; at: string }): string =>
    `Everything that could serve this request is at its limit. The first to open again is ${provider}: ${window === null ? "it asked to be left alone until" : `its window ${window} resets at`} ${at}. Wait until then, or add another account or key.`,
  keyRefused: ({ provider }: { provider: string }): string =>
    `The API key of ${provider} was refused. Put a good one into its auth_value; ccb takes it as soon as the file is saved.`,
  switchedOff:
    "What could serve this request is switched off. Switch it on again: POST /providers/{name}/enable or POST /oauth/tokens/{account_email}/resume.",
  notSentAgain:
    "The access token was renewed while this body passed through, and it cannot be sent twice. Send the request again.",
  keyringUnreadable: ({ why, mend }: { why: string; mend: string }): string =>
    `The accounts are in the keyring, and it cannot be read: ${why}. Unlock the keyring; the request works as soon as it is open. ${mend}`,
  claudeTokenElsewhere:
    "The client's credential is a Claude access token, and no enabled provider may receive it: such tokens go to https://api.anthropic.com alone. Use an API key, or add the origin to settings.oauth.allowed_origins if it is yours.",
  noProvider: "No provider is enabled. Enable one in providers.yaml, or by POST /providers/{name}/enable.",
};
