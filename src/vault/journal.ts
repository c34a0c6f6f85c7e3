// What is on its way into the vault, kept beside it. A refresh spends the old token when the server answers; the vault
// has the new one only after the keyring or the disk did its part, which may take long. Noted here in the same turn of
// the event loop in which the answer was read, it survives the end of the process between the two.
import type { Random } from "../core/ports.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { sealNow, unseal } from "./seal.ts";
import type { SealKey } from "./seal.ts";
import { decodeName, encodeName } from "./service-name.ts";
import { VaultError } from "./vault.ts";

export interface Journal {
  /**
   * Makes it ready to note, and gives what an earlier process noted and did not settle, by entry. Rejects with
   * VaultError; then nothing can be noted.
   */
  open(): Promise<ReadonlyMap<string, string>>;
  /** Keeps the newest value of an entry before it returns. False: it could not, or is not open. */
  note(name: string, value: string): boolean;
  /** The vault has this value; a newer one that was noted meanwhile stays. null: whatever was noted is void. */
  settle(name: string, value: string | null): void;
}

export interface JournalDeps {
  readonly folder: PrivateFolder;
  /** From `serviceName()`. */
  readonly service: string;
  readonly key: () => Promise<SealKey>;
  readonly random: Random;
  /** Something went wrong with an entry's record; `reason` never holds its value. */
  readonly onTrouble: (what: "not_noted" | "not_settled" | "unreadable", reason: string) => void;
}

const SUFFIX = ".noted";
const fileOf = (name: string): string => `${encodeName(name)}${SUFFIX}`;
const reasonOf = (error: unknown): string => (error instanceof VaultError ? error.message : String(error));

/** A journal in `folder`. Only the holder of the store's lock may open it. */
export function createJournal({ folder, service, key: keyOf, random, onTrouble }: JournalDeps): Journal {
  let key: SealKey | null = null;
  /** What the files hold. */
  const noted = new Map<string, string>();
  /** What was last to be noted, even where the disk refused it. */
  const newest = new Map<string, string>();
  const placeOf = (name: string): string => `journal\0${service}\0${name}`;

  function drop(name: string): void {
    try {
      folder.removeNow(fileOf(name));
      noted.delete(name);
      newest.delete(name);
    } catch (error) {
      onTrouble("not_settled", reasonOf(error));
    }
  }

  /** A record that cannot be read is set aside: it may be all that is left of an account. */
  async function readRecord(file: string, with_: SealKey): Promise<void> {
    const name = decodeName(file.slice(0, -SUFFIX.length));
    if (name === null) return;
    try {
      const bytes = folder.read(file);
      if (bytes !== null) noted.set(name, await unseal(with_, placeOf(name), bytes));
    } catch (error) {
      const aside = folder.setAside(file);
      onTrouble("unreadable", `${aside ?? file}: ${reasonOf(error)}`);
    }
  }

  return {
    async open() {
      if (key === null) {
        const opening = await keyOf();
        folder.sweep();
        for (const file of folder.list()) if (file.endsWith(SUFFIX)) await readRecord(file, opening);
        key = opening;
      }
      for (const [name, value] of noted) newest.set(name, value);
      return new Map(noted);
    },
    note(name, value) {
      if (key === null) return false;
      newest.set(name, value);
      if (noted.get(name) === value) return true;
      try {
        folder.writeNow(fileOf(name), sealNow(key, random, placeOf(name), value));
        noted.set(name, value);
        return true;
      } catch (error) {
        onTrouble("not_noted", reasonOf(error));
        return false;
      }
    },
    settle(name, value) {
      if (noted.has(name) && (value === null || newest.get(name) === value)) drop(name);
    },
  };
}
