// Words of `ccb login`, `ccb env`, `ccb run` and the page that a browser sees, for people who read English.

export const signInWords = {
  // the console of the server
  byCommand: ({ command }: { command: string }): string => `To sign in, run: ${command}   Or by hand:`,

  // the page in the browser
  callbackGood: "Signed in to ccb",
  callbackClose: "You can close this page and go back to where you began: the terminal, or ccb's page.",
  callbackNotDurable: "The tokens are in memory only for now; where you began it says why, and what to do.",
  callbackFailed: "The sign-in did not work",
  callbackAgain: "Begin again where you began: with `ccb login` in the terminal, or on ccb's page.",
  callbackUnknown:
    "ccb waits for no such sign-in: it is done already, was given up, or is older than ten minutes. If it says where you began that you are signed in, all is well.",
  callbackNameNeeded:
    "Nearly done: the server did not say whose account this is. Answer the question where you began: in the terminal, or on ccb's page.",
  denied: "The sign-in was refused in the browser.",
  noCode: "The browser came back without a code.",

  // setup tokens
  tokenMalformed:
    "This is not a token of `claude setup-token`: those begin with sk-ant-oat. (API keys go into providers.yaml as auth_value.)",
  notRenewable: "This account has a one-year token of `claude setup-token`: there is nothing to refresh.",

  // ccb login
  login: "sign in with a browser, with a pasted code, or with a token of `claude setup-token`",
  emailFlag: "whose account it is, where the server does not say",
  noBrowserFlag: "print the address and open no browser",
  setupTokenFlag: "read the one-year token of `claude setup-token` from standard input",
  tokenOnStandardInput:
    "--setup-token takes no token on the command line, where others on this machine can read it, but from standard input: ccb login --setup-token <token.txt, or paste it when asked",
  jsonFlag: "print one JSON document on standard output",
  keyFlag: "a key of ccb with role admin (or CCB_KEY)",
  loginExamples: [
    "",
    "Examples:",
    "  ccb login                        opens the browser; over SSH it takes a pasted code",
    "  ccb login --no-browser           prints the address to open elsewhere",
    "  ccb login --setup-token <token.txt",
    "  claude setup-token               prints such a token; then: ccb login --setup-token",
  ].join("\n"),
  /** `address`: of the page that comes back by itself. */
  opening: ({ address }: { address: string }): string =>
    `The browser opens. If it does not, open this address on this machine:\n  ${address}`,
  openThis: ({ address }: { address: string }): string =>
    `Open this address in a browser on this machine:\n  ${address}`,
  orPaste: ({ address }: { address: string }): string =>
    `With a browser on another machine, open this one instead:\n  ${address}\nand paste the code that it shows here, then Enter:`,
  browserFailed: "No browser could be started; open the address yourself.",
  badPaste: "That is no code. Paste CODE, CODE#STATE or the whole address of the page that the browser ended on:",
  pasteAgain: "Paste it again, or another one:",
  whoseAccount: "The server did not say whose account this is. Its email:",
  emailWanted: "The server did not say whose account this is. Run: ccb login --email you@example.com",
  badEmail: "That is no email address. Its email:",
  loginAgain: "To try again: ccb login",
  gaveUp: "Nobody signed in within ten minutes. Run `ccb login` again.",
  done: ({ account }: { account: string }): string => `Signed in: ${account}`,
  organization: "Organization",
  scopes: "Scopes",
  expires: "Expires",
  kept: "Kept",
  renews: ({ when }: { when: string }): string => `${when} (refreshed by itself before that)`,
  ends: ({ when }: { when: string }): string => `${when} (a one-year token: never refreshed; then run this again)`,
  noServer: "No ccb is running: the account goes straight into the store, and ccb has it when it starts.",
  memoryOnly:
    "Accounts are kept in the memory of the running ccb alone (settings.oauth), and none is running. Start it with `ccb`, then run `ccb login` again.",
  storeShut: ({ why, mend }: { why: string; mend: string }): string =>
    `Nobody was signed in: the account could not be kept, because ${why}. ${mend}\nOr start ccb, which keeps accounts in memory meanwhile.`,
  notKept: "The account could not be kept and is gone when this command ends. Run `ccb login` again.",
  heldElsewhere: "To sign in there, give `ccb login` the --config, --host or --port of that one.",
  typeToken: "Paste the token (it is not shown), then Enter: ",
  noToken: "No token came on standard input. Run `claude setup-token`, then: ccb login --setup-token",
  severalTokens: "More than one token came on standard input. Give one.",

  // ccb env, ccb run
  env: "print the lines that point Claude Code at ccb",
  envExamples: [
    "",
    "Examples:",
    '  eval "$(ccb env)"                                 bash, zsh and other POSIX shells',
    "  ccb env --shell fish | source",
    "  ccb env --shell powershell | Out-String | Invoke-Expression",
    "  for /f \"delims=\" %i in ('ccb env --shell cmd') do %i",
  ].join("\n"),
  shellFlag: "bash, zsh, fish, powershell or cmd (default: yours)",
  badShell: "--shell is bash, zsh, fish, powershell or cmd",
  run: "start a client, such as claude, with the environment that points it at ccb",
  runCommand: "the client and its arguments, behind --",
  runExamples: ["", "Examples:", "  ccb run -- claude", "  ccb run -- claude -p hi"].join("\n"),
  nothingToRun: "say what to run: ccb run -- claude",
  clientKeyFlag: "the key of ccb that the client sends (or CCB_KEY)",
  keyMissing:
    "ccb asks for keys here and none was given: the client will be refused. Set CCB_KEY or give --key; `ccb key new NAME` makes one.",
  onlySocket:
    "ccb listens at its socket alone (host: none), and Claude Code needs an address. Set settings.host to 127.0.0.1.",
  notFound: ({ command }: { command: string }): string =>
    `There is no program ${command} on the PATH. Claude Code: https://code.claude.com/docs`,
  notRunnable: ({ command, reason }: { command: string; reason: string }): string =>
    `${command} could not be started (${reason}).`,
};
