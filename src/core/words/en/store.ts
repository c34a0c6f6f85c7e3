// English words about the sealed store of files, and moving accounts between stores.

type Kind = "keyring" | "file";
const NAMES: Record<Kind, string> = { keyring: "the keyring", file: "the sealed files" };

export const storeWords = {
  command: "where accounts are kept: make a key, move them",
  action: "init: make a key for the sealed store; migrate: move accounts and statistics to the other store",
  initFile: "with init: where to write the key (default: CCB_STORE_KEY_FILE, else beside the configuration)",
  from: "with migrate: from keyring or file",
  to: "with migrate: to file or keyring",
  whichAction: "ccb store needs one of: init, migrate",
  whichStores: "ccb store migrate needs --from keyring --to file, or --from file --to keyring",
  kept: "Tokens are kept in sealed files.",
  meanwhile:
    "Accounts are kept in memory only and end with this process. ccb keeps trying and saves them once the store can be used.",
  back: "The store can be used again; accounts are saved in it.",
  unreadable: ({ why, mend }: { why: string; mend: string }): string =>
    `The accounts are in the store, and it cannot be read: ${why}. The request works as soon as it can. ${mend}`,
  keyMade: ({ file }: { file: string }): string =>
    `The key was written to ${file}, readable by you alone. Keep a copy where backups of the store are not: without it the store cannot be read.\n` +
    "Now:\n" +
    "  1. in providers.yaml:   settings: {oauth: {store: file}}\n" +
    `  2. for every start:     export CCB_STORE_KEY_FILE='${file}'\n` +
    `     or under systemd:    LoadCredential=ccb-store-key:${file}\n` +
    "  3. with accounts in the keyring:  ccb store migrate --from keyring --to file",
  keyThere: ({ file }: { file: string }): string => `${file} is there already and stays as it is.`,
  inUse: ({ folder }: { folder: string }): string =>
    `${folder} holds accounts that were sealed with another key; a new key would not open them. ` +
    "Find that key, or move the folder away and sign in again.",
  unreachable: ({ kind, why, detail, mend }: { kind: Kind; why: string; detail: string; mend: string }): string =>
    `Nothing was changed: ${NAMES[kind]} cannot be used: ${why} (${detail}). ${mend}`,
  unread: ({ entries }: { entries: readonly string[] }): string =>
    `Nothing was changed: these entries cannot be read: ${entries.join(", ")}. Remove or mend them first; the log says more.`,
  differs: ({ kind, entry }: { kind: Kind; entry: string }): string =>
    `Nothing was removed: ${NAMES[kind]} gave back another ${entry} than was written. Both stores have the accounts now; the first stays in use.`,
  nothing: ({ kind }: { kind: Kind }): string => `There are no accounts in ${NAMES[kind]}; nothing was changed.`,
  moved: ({ accounts, to }: { accounts: number; to: Kind }): string =>
    `${accounts === 1 ? "1 account is" : `${accounts} accounts are`} in ${NAMES[to]} now, read back and compared.\n` +
    `In providers.yaml:  settings: {oauth: {store: ${to}}}`,
  leftBehind: ({ kind, reason }: { kind: Kind; reason: string }): string =>
    `The copies in ${NAMES[kind]} could not all be removed (${reason}). Run the same line again.`,
};
