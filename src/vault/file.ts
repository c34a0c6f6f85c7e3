// A vault of sealed files, one per entry, in a folder of this person alone: for servers without a keyring.
import type { Random } from "../core/ports.ts";
import { assertEntryName } from "./entry-name.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { saidFault } from "./said.ts";
import { seal, unseal } from "./seal.ts";
import type { SealKey } from "./seal.ts";
import { decodeName, encodeName } from "./service-name.ts";
import { VaultError } from "./vault.ts";
import type { Vault } from "./vault.ts";

const SUFFIX = ".sealed";
const fileOf = (name: string): string => `${encodeName(name)}${SUFFIX}`;

export interface FileVaultDeps {
  readonly folder: PrivateFolder;
  /** From `serviceName()`: files of one store do not open in another. */
  readonly service: string;
  /** Rejects with VaultError `no_key`, `wrong_key`, `foreign`, or as the keyring does where that holds the key. */
  readonly key: () => Promise<SealKey>;
  readonly random: Random;
  /** A file was set aside under another name. */
  readonly onSetAside: (file: string, reason: string) => void;
  /** True: what is damaged stays where it is, for who only looks. */
  readonly looksOnly?: boolean;
  readonly close?: () => void;
}

/** Whether the folder holds values already: then a missing key is not to be replaced by a new one. */
export function holdsValues(folder: PrivateFolder): boolean {
  return folder.list().some((name) => name.endsWith(SUFFIX));
}

/** The name that a file of this entry has now, of those that were set aside; null: none was. */
export function setAsideName(folder: PrivateFolder, entry: string): string | null {
  return folder.list().findLast((name) => name.startsWith(`${fileOf(entry)}.set-aside-`)) ?? null;
}

/**
 * A vault over `folder`; operations run one after another. A file that is cut short or was changed is set aside and its
 * name reads as `damaged` this once; one of another key or a newer ccb stays, and writing over it is refused.
 */
export function createFileVault(deps: FileVaultDeps): Vault {
  const { folder, random, service } = deps;
  let key: SealKey | null = null;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const placeOf = (name: string): string => `file\0${service}\0${name}`;

  async function opened(): Promise<SealKey> {
    if (closed) throw new VaultError("failed", "the store was closed");
    if (key === null) {
      key = await deps.key();
      folder.sweep();
    }
    return key;
  }

  const inTurn = <T>(name: string | null, work: (key: SealKey) => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      if (name !== null) assertEntryName(name);
      return work(await opened());
    });
    last = turn.catch(() => {});
    return turn;
  };

  /** What is damaged goes out of the way, so that it is neither used nor overwritten. */
  async function read(name: string, with_: SealKey): Promise<string | null> {
    try {
      const bytes = folder.read(fileOf(name));
      return bytes === null ? null : await unseal(with_, placeOf(name), bytes);
    } catch (error) {
      if (error instanceof VaultError && error.fault === "damaged" && deps.looksOnly !== true) {
        const aside = folder.setAside(fileOf(name));
        if (aside !== null) deps.onSetAside(aside, error.message);
      }
      throw error;
    }
  }

  /** Looks before it writes or removes: what another key or a newer ccb sealed is not ours to replace. */
  async function assertOurs(name: string, with_: SealKey): Promise<void> {
    try {
      await read(name, with_);
    } catch (error) {
      // A damaged one is out of the way now.
      if (!(error instanceof VaultError) || error.fault !== "damaged") throw error;
    }
  }

  async function write(name: string, value: string, with_: SealKey): Promise<void> {
    await assertOurs(name, with_);
    await folder.write(fileOf(name), await seal(with_, random, placeOf(name), value));
    if ((await read(name, with_)) !== value) throw saidFault("failed", (words) => words.vault.detail.otherValue);
  }

  const PROBE = "probe";
  return {
    backend: "file",
    get: (name) => inTurn(name, (with_) => read(name, with_)),
    set: (name, value) => inTurn(name, (with_) => write(name, value, with_)),
    delete: (name) =>
      inTurn(name, async (with_) => {
        await assertOurs(name, with_);
        await folder.remove(fileOf(name));
      }),
    list: () =>
      inTurn(null, async () =>
        folder
          .list()
          .filter((file) => file.endsWith(SUFFIX))
          .map((file) => decodeName(file.slice(0, -SUFFIX.length)))
          .filter((name) => name !== null),
      ),
    probe: () =>
      inTurn(PROBE, async (with_) => {
        // Fresh each time: a value from an earlier run proves nothing.
        const value = random.bytes(16).toHex();
        await folder.write(fileOf(PROBE), await seal(with_, random, placeOf(PROBE), value));
        if ((await read(PROBE, with_)) !== value) throw saidFault("failed", (words) => words.vault.detail.otherValue);
        await folder.remove(fileOf(PROBE));
      }),
    close() {
      closed = true;
      deps.close?.();
    },
  };
}
