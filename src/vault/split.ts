// Values too long for one entry, kept in several: the Windows Credential Manager takes 2,560 bytes of UTF-16 each.
import { VaultError } from "./vault.ts";
import type { Vault } from "./vault.ts";

// Two generations of parts take turns. The entry under the name itself is written between them, so that it names a
// complete value whenever the process dies: the old one before that write, the new one after it.
const MANIFEST = "ccb-parts:"; // then generation, number of parts, length of the whole
const PLAIN = "ccb-plain:"; // then a short value that would be taken for one of the two
const GENERATIONS = [0, 1] as const;
type Generation = (typeof GENERATIONS)[number];

interface Manifest {
  readonly generation: Generation;
  readonly parts: number;
  readonly length: number;
}

function parseManifest(stored: string | null): Manifest | null {
  const match = /^ccb-parts:([01]):(\d{1,6}):(\d{1,10})$/.exec(stored ?? "");
  if (match === null) return null;
  return {
    generation: match[1] === "1" ? 1 : 0,
    parts: Number(match[2]),
    length: Number(match[3]),
  };
}

const partName = (name: string, generation: Generation, index: number): string => `${name}#${generation}.${index}`;
const isPartName = (name: string): boolean => /#[01]\.\d+$/.test(name);

/** Pieces of at most `maxLength` code units. A pair of surrogates stays together: half of one is no UTF-8. */
function cut(value: string, maxLength: number): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < value.length;) {
    const last = value.charCodeAt(from + maxLength - 1);
    const splitsPair = from + maxLength < value.length && last >= 0xd800 && last <= 0xdbff;
    const to = from + maxLength - (splitsPair ? 1 : 0);
    pieces.push(value.slice(from, to));
    from = to;
  }
  return pieces;
}

/** The longest entry that the manifest itself may need. */
const SHORTEST_LIMIT = 32;

/**
 * A vault over `vault` that takes values of any length, where `vault` takes `maxLength` UTF-16 code units (at least
 * 32). Names that end like `#0.1` are its own and are refused. Rejects as `vault` does, and with `failed` where a part
 * is missing. Operations run one after another, for each is several of the other's.
 */
export function createSplitVault(vault: Vault, maxLength: number): Vault {
  if (maxLength < SHORTEST_LIMIT) throw new RangeError(`a limit of at least ${SHORTEST_LIMIT} is needed`);
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (isPartName(name)) return Promise.reject(new VaultError("failed", "this name is taken for a part of a value"));
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };

  /** Removes parts from `first` on. They were written in rising order and go in falling order, so no gap hides any. */
  const sweep = async (name: string, generation: Generation, first: number): Promise<void> => {
    let end = first;
    while ((await vault.get(partName(name, generation, end))) !== null) end += 1;
    for (let index = end - 1; index >= first; index -= 1) await vault.delete(partName(name, generation, index));
  };

  /** The value is stored already: what cannot be removed now is removed at the next write. */
  const sweepLeftovers = async (name: string, kept: Manifest | null): Promise<void> => {
    try {
      for (const generation of GENERATIONS) {
        await sweep(name, generation, generation === kept?.generation ? kept.parts : 0);
      }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
    }
  };

  const write = async (name: string, value: string): Promise<void> => {
    const looksLikeOurs = value.startsWith(MANIFEST) || value.startsWith(PLAIN);
    const plain = looksLikeOurs ? PLAIN + value : value;
    if (plain.length <= maxLength) {
      await vault.set(name, plain);
      return sweepLeftovers(name, null);
    }
    const pieces = cut(value, maxLength);
    const old = parseManifest(await vault.get(name));
    const generation: Generation = old?.generation === 0 ? 1 : 0;
    for (const [index, piece] of pieces.entries()) await vault.set(partName(name, generation, index), piece);
    const manifest: Manifest = { generation, parts: pieces.length, length: value.length };
    await vault.set(name, `${MANIFEST}${generation}:${manifest.parts}:${manifest.length}`);
    return sweepLeftovers(name, manifest);
  };

  const read = async (name: string): Promise<string | null> => {
    const stored = await vault.get(name);
    const manifest = parseManifest(stored);
    if (manifest === null) return stored?.startsWith(PLAIN) ? stored.slice(PLAIN.length) : stored;
    let value = "";
    for (let index = 0; index < manifest.parts; index += 1) {
      const piece = await vault.get(partName(name, manifest.generation, index));
      if (piece === null) throw new VaultError("failed", "a part of this value is missing in the keyring");
      value += piece;
    }
    if (value.length === manifest.length) return value;
    throw new VaultError("failed", "the parts of this value in the keyring do not belong together");
  };

  return {
    backend: vault.backend,
    get: (name) => inTurn(name, () => read(name)),
    set: (name, value) => inTurn(name, () => write(name, value)),
    delete: (name) =>
      inTurn(name, async () => {
        await vault.delete(name);
        // Not best effort: half of a token that was to be removed must not stay behind unsaid.
        for (const generation of GENERATIONS) await sweep(name, generation, 0);
      }),
    list: async () => (await vault.list()).filter((name) => !isPartName(name)),
    probe: () => vault.probe(),
    close: () => vault.close(),
  };
}
