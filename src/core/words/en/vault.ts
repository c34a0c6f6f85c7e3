// English words about where accounts are kept: the keyring, its faults, the lock of the store.

interface Holder {
  readonly pid: number;
  readonly address: string;
}

interface Named {
  readonly name: string;
}

/** `code`: the system's own word. */
interface Failed extends Named {
  readonly code: string;
}

/** Asks for the password without showing it, and opens the keyring with it. */
const UNLOCK =
  'read -rs p; printf %s "$p" | gnome-keyring-daemon --replace --unlock --components=secrets --daemonize; unset p';

export const vaultWords = {
  /** What is wrong, by fault of the keyring. */
  why: {
    absent: "there is no keyring service for this session",
    no_lock: "the folder of ccb's lock cannot be written, so ccb does not touch the store of accounts",
    no_key: "the sealed store has no key",
    wrong_key: "the sealed store was written with another key, or its key is gone; ccb leaves it as it is",
    foreign: "the folder, a file or the key of the store is not this user's alone; ccb does not touch it",
    unwritable: "the folder of the store cannot be written: its disk is full, or it is read-only",
    damaged: "a file of the store is damaged; it was set aside",
    newer: "the store was written by a newer ccb; this one leaves it as it is",
    locked: "the keyring is locked",
    silent: "the keyring does not answer",
    ambiguous: "the keyring holds two entries under the same name; ccb touches neither",
    full: "the keyring cannot write: its disk is full, or its folder is read-only",
    failed: "the keyring reported an error",
  },
  /** What to do about it. */
  mend: {
    absent:
      "Linux: start ccb from your desktop session; on a server `apt install gnome-keyring dbus-user-session`, then " +
      "`export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus` and " +
      `\`${UNLOCK}\` (type a password of your choice, then Enter). ` +
      "macOS: `security default-keychain`. Windows: start ccb in your own signed-in session, not over SSH.",
    no_lock:
      "Make the state folder writable (Linux: `~/.local/state/ccb`), or set XDG_STATE_HOME to one that is, and start ccb again.",
    no_key:
      "Make one: `ccb store init` says where it goes. Under systemd: `LoadCredential=ccb-store-key:FILE` (`ccb service print` writes that).",
    wrong_key:
      "Give it the key it was written with (systemd: LoadCredential=ccb-store-key; else CCB_STORE_KEY_FILE; else the keyring), " +
      "and the accounts are back. If that key is lost: move the store's folder (Linux: `~/.local/state/ccb/store-…`) away, start ccb again, sign in again.",
    foreign:
      "The log names it. Folder and files must belong to the user ccb runs as, be no links, and be closed to others: `chmod 700` and `chmod 600`; " +
      "the key likewise.",
    unwritable:
      "Make room (`df -h ~/.local/state`) and see that the folder is writable (Linux: `ls -ld ~/.local/state/ccb`).",
    damaged:
      "Sign in again for the account it held; the file stays, under another name, for whoever wants to look at it.",
    newer:
      "Start the newer ccb, or move the store's folder (Linux: `~/.local/state/ccb/store-…`) away and sign in again.",
    locked:
      "Answer the keyring's prompt, or unlock it. Linux without a desktop: " +
      `\`${UNLOCK}\` (type the password, then Enter). ` +
      "macOS: `security unlock-keychain`.",
    silent:
      "Look for a password prompt behind other windows and answer it. If there is none, start the keyring again; " +
      "Linux: `systemctl --user restart gnome-keyring-daemon`, or sign out and in.",
    ambiguous:
      "Another program wrote the second one: remove it. Linux: `secret-tool search --all service claude-code-balancer:$(id -u) >/dev/null` " +
      "shows both, Seahorse (`seahorse`) removes one. macOS: Keychain Access. Windows: Credential Manager.",
    full: "Make room (`df -h ~`) and see that the keyring's folder is writable (Linux: `ls -ld ~/.local/share/keyrings`).",
    failed:
      "The log has the keyring's own words. See whether it works at all; " +
      "Linux: `printf test | secret-tool store --label=test ccb-test 1`; macOS: `security list-keychains`.",
  },
  /** The evidence, behind the reason. */
  detail: {
    otherValue: "the store gave back another value",
    notFolder: ({ path }: { path: string }): string => `${path} is not a folder, but a link or a file`,
    ownedBy: ({ name, owner }: { name: string; owner: number }): string => `${name} belongs to user ${owner}`,
    othersAbove: ({ path }: { path: string }): string => `others own ${path} or may write to it`,
    notFile: ({ name }: Named): string => `${name} is not a regular file`,
    tooLarge: ({ name, bytes }: { name: string; bytes: number }): string => `${name} has ${bytes} bytes`,
    cannot: {
      open: ({ name, code }: Failed): string => `${name} cannot be opened (${code})`,
      read: ({ name, code }: Failed): string => `${name} cannot be read (${code})`,
      write: ({ name, code }: Failed): string => `${name} cannot be written (${code})`,
      remove: ({ name, code }: Failed): string => `${name} cannot be removed (${code})`,
      setAside: ({ name, code }: Failed): string => `${name} cannot be set aside (${code})`,
      list: ({ name, code }: Failed): string => `${name} cannot be listed (${code})`,
      sweep: ({ name, code }: Failed): string => `${name} cannot be swept (${code})`,
    },
    keyOpen: ({ file }: { file: string }): string => `others may read or change the key: chmod 600 ${file}`,
    noKeyIn: ({ file, bytes }: { file: string; bytes: number }): string => `${file} holds no key of ${bytes} bytes`,
    keyringHoldsNoKey: ({ name }: Named): string => `what the keyring keeps as ${name} is no key`,
    keyringLacks: ({ name }: Named): string => `the keyring has no ${name}`,
    notSealed: "this is not a sealed value of ccb",
    sealedNewer: ({ version, known }: { version: number; known: number }): string =>
      `sealed in version ${version}; this ccb knows version ${known}`,
    cutShort: "cut short within its header",
    otherKey: "sealed with another key",
    otherLength: ({ found, expected }: { found: number; expected: number }): string =>
      `${found} bytes where ${expected} were sealed`,
    changed: "changed since it was sealed, or sealed for another place",
  },
  meanwhile:
    "Accounts are kept in memory only and end with this process. ccb keeps trying and saves them once the keyring is back.",
  waiting: "Waiting for the keyring to be unlocked: please answer its prompt.",
  back: "The keyring is back; accounts are saved in it.",
  storeHeld: (holder: Holder | null): string =>
    holder === null
      ? "Another ccb is starting with the same store of accounts. Wait a moment, or set another settings.oauth.service_name for this one."
      : `Another ccb (process ${holder.pid}, serving ${holder.address}) uses the same store of accounts. ` +
        "Stop it, or set another settings.oauth.service_name for this one.",
  lockFailed: (directory: string, reason: string): string =>
    `The store of accounts cannot be locked in ${directory} (${reason}). Make that folder writable, or set XDG_STATE_HOME to one that is.`,
};
