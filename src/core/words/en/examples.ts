// Examples below the help of commands, for people who read English: one line each, without the indent.

export const exampleWords = {
  program: [
    "ccb                              start the server",
    "ccb login                        sign in with an account",
    "ccb run -- claude                start Claude Code through it",
    "ccb doctor                       what is wrong, and what to do",
  ],
  serve: ["ccb serve", "ccb serve --config ./providers.yaml --port 9191", "ccb --log-level DEBUG"],
  check: ["ccb check", "ccb check --config ./providers.yaml", "ccb check --json | jq .problems"],
  init: ["ccb init", "ccb init --json | jq -r .file"],
  key: [
    "ccb key new me --role admin      everything",
    "ccb key new work                 /v1/* and /health only",
    "ccb key new work --json | jq -r .key_sha256",
  ],
  store: [
    "ccb store init                   make a key for the sealed files",
    "ccb store init --key-file /etc/ccb/store.key",
    "ccb store migrate --from keyring --to file",
  ],
  service: [
    "ccb service install              start it whenever you sign in",
    "sudo ccb service install --system",
    "ccb service print --system       the unit, to look at",
    "ccb service status",
    "ccb service uninstall",
  ],
};
