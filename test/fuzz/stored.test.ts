// What lies in the keyring, in the sealed files and in the journal, whole or damaged: taken as it was written, or refused.
import { inspect } from "node:util";
import * as fc from "fast-check";
import type { Account } from "../../src/account/account.ts";
import { parseEntry, toEntry } from "../../src/account/account.ts";
import {
  entryName,
  newerAccount,
  newerStatistics,
  parseIndex,
  recoverIndex,
  toIndex,
} from "../../src/account/recovery.ts";
import { parseStatistics, toStatistics } from "../../src/account/statistics.ts";
import { Secret } from "../../src/core/secret.ts";
import { createFileVault } from "../../src/vault/file.ts";
import { createJournal } from "../../src/vault/journal.ts";
import { createMemoryVault } from "../../src/vault/memory.ts";
import type { PrivateFolder } from "../../src/vault/private-folder.ts";
import { seal, SealKey, sealNow, unseal } from "../../src/vault/seal.ts";
import { createSplitVault } from "../../src/vault/split.ts";
import { createTestRandom } from "../support/random.ts";
import { faultOf } from "../support/vault-fault.ts";
import { must, subject } from "./_fuzz.ts";
import { edits, mutateBytes, mutateText } from "./_mutate.ts";

const fuzz = subject("keyring and file payloads");

const ACCESS = "sk-ant-oat01-stored-0123456789abcdef";
const REFRESH = "sk-ant-ort01-stored-0123456789abcdef";
const random = createTestRandom(1);
const key = new SealKey(random.bytes(32));
const otherKey = new SealKey(random.bytes(32));

const id = fc.oneof(
  fc.constantFrom("0123456789ab", "a", "__proto__", "constructor", "é", "a:b", "toString"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
);
const text = fc.oneof(
  fc.constantFrom("me@example.com", "me@example.com (公司)", "👋", '"\\'),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
);
const moment = fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.constantFrom(0, 1.5, Number.MAX_SAFE_INTEGER));
const account: fc.Arbitrary<Account> = fc
  .record({
    id,
    name: text,
    email: text,
    aliases: fc.array(text, { maxLength: 3 }),
    uuids: fc.tuple(fc.option(text), fc.option(text), fc.option(text)),
    refresh: fc.constantFrom(REFRESH, REFRESH, null),
    times: fc.tuple(moment, moment, moment),
    scopes: fc.array(fc.constantFrom("user:profile", "user:inference"), { maxLength: 2 }),
    rotation: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ id, name, email, aliases, uuids, refresh, times, scopes, rotation }) => ({
    id,
    name,
    email,
    aliases,
    accountUuid: uuids[0],
    organizationUuid: uuids[1],
    organizationName: uuids[2],
    createdAt: times[0],
    tokens: {
      access: new Secret(ACCESS),
      refresh: refresh === null ? null : new Secret(refresh),
      expiresAt: times[1],
      obtainedAt: times[2],
      scopes,
      ...(rotation === undefined ? {} : { rotation }),
    },
  }));
const usages = fc.dictionary(id, fc.record({ usage_count: fc.nat(), last_used: fc.option(fc.nat()) }), { maxKeys: 4 });
const TOKENS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "1e999",
  "-1",
  '"version":2',
  '"version":1',
  '"version"',
  "__proto__",
  "\\ud800",
  "\u0000",
  "0",
];
const damage = edits(TOKENS, 3);

/** How often a token begins in a text. */
const pieces = (text: string): number => text.split("sk-ant").length - 1;

fuzz("an account: what was written comes back; damaged, it is another sound one or a word for the damage", {
  values: fc.tuple(account, fc.oneof(fc.constant(null), damage, damage, damage)),
  reaches: { whole: 0.15, corrupt: 0.3, future: 0.0003, "taken though changed": 0.05 },
  check([account, list], reach) {
    const entry = toEntry(account);
    if (list === null) {
      const back = parseEntry(entry);
      must(typeof back !== "string" && toEntry(back) === entry, "another account came back", entry, back);
      must(back.tokens.refresh?.reveal() === account.tokens.refresh?.reveal(), "another refresh token");
      reach("whole");
      return;
    }
    const back = parseEntry(mutateText(entry, list));
    if (typeof back === "string") {
      must(back === "corrupt" || back === "future", "another word", back);
      reach(back);
      return;
    }
    // Whatever was taken is whole, keeps its shape, and does not show itself.
    const again = parseEntry(toEntry(back));
    must(typeof again !== "string" && toEntry(again) === toEntry(back), "not the same the second time", back);
    for (const token of [back.tokens.access.reveal(), back.tokens.refresh?.reveal() ?? "none"])
      must(typeof token === "string" && token !== "", "no token", token);
    must(back.id !== "" && Number.isFinite(back.tokens.expiresAt), "no sound account", back);
    // A damage may have brought a piece of a token among the scopes, which are no secret: as often it is there, and no more.
    const shown = inspect(back.tokens, { depth: 8, showHidden: true });
    must(pieces(shown) === pieces(back.tokens.scopes.join("\n")), "a token shows itself");
    reach("taken though changed");
  },
});

fuzz("index, statistics and journal: what was written comes back, the newer of two wins, nothing is thrown", {
  values: fc.record({
    stored: account,
    ids: fc.uniqueArray(id, { maxLength: 4 }),
    counts: usages,
    which: fc.nat({ max: 3 }),
    list: damage,
    rotation: fc.nat({ max: 5 }),
  }),
  share: 0.5,
  check({ stored, ids, counts, which, list, rotation }) {
    const statistics = toStatistics(new Map(Object.entries(counts)));
    const index = toIndex(ids);
    must(Bun.deepEquals(parseIndex(index), ids), "another index", index);
    const read = parseStatistics(statistics);
    must(typeof read !== "string" && toStatistics(read) === statistics, "other statistics", statistics, read);
    const noted = { ...stored, tokens: { ...stored.tokens, rotation } };
    const clean = new Map([
      [entryName(stored.id), toEntry(noted)],
      ["index", index],
      ["stats", statistics],
    ]);
    const newer = newerAccount(stored, stored.id, clean);
    must(
      (newer !== null) === rotation > (stored.tokens.rotation ?? 0),
      "the older one won",
      stored.tokens.rotation,
      rotation,
    );
    must(newerAccount(null, stored.id, clean) !== null, "what the journal alone has was left");
    const { ids: recovered, removed } = recoverIndex([stored.id], clean);
    must(recovered.includes(stored.id), "a noted account is gone");
    must(
      removed.every((gone) => !ids.includes(gone)),
      "removed though it is there",
      removed,
    );
    must(newerStatistics(read, clean) === null, "the same counts are no newer ones");

    const broken = new Map(
      [...clean].map(([name, value], at) => [name, at === which || which === 3 ? mutateText(value, list) : value]),
    );
    const account = newerAccount(stored, stored.id, broken);
    must(account === null || account.id === stored.id, "another account", account);
    must(recoverIndex([stored.id], broken).ids.includes(stored.id), "a damaged index lost an account");
    const merged = newerStatistics(read, broken);
    for (const [who, { usage_count: before }] of read)
      must(merged === null || (merged.get(who)?.usage_count ?? -1) >= before, "a count shrank", who);
  },
});

const place = "file\0ccb:1\0account:1";

fuzz("a sealed value: opens as it was, and never after any change", {
  values: fc.tuple(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    edits(["\u0001", "\u0002", "\u0000", "\u00ff", "ccb-seal"], 3),
    fc.boolean(),
    fc.nat({ max: 9 }),
  ),
  reaches: { damaged: 0.5, newer: 0.01, wrong_key: 0.03 },
  async check([text, list, now, within], reach) {
    const value = text.toWellFormed();
    const sealed = now ? sealNow(key, random, place, value) : await seal(key, random, place, value);
    // As a view of a larger buffer, which is how a read from disk may come.
    const around = new Uint8Array(sealed.length + 20);
    around.set(sealed, within);
    const view = around.subarray(within, within + sealed.length);
    must((await unseal(key, place, view)) === value, "another text", value);
    const changed = mutateBytes(sealed, list);
    if (!Buffer.from(changed).equals(sealed)) {
      const fault = await faultOf(unseal(key, place, changed));
      must(["damaged", "newer", "wrong_key"].includes(fault), "it was believed", fault);
      reach(fault);
    }
    if (within > 0) return;
    must((await faultOf(unseal(otherKey, place, sealed))) === "wrong_key", "another key");
    must((await faultOf(unseal(key, `${place}0`, sealed))) === "damaged", "another place");
  },
});

/** A folder in memory: what is to be tested is what the vault does with its files. */
function memoryFolder(files: Map<string, Uint8Array<ArrayBuffer>>): PrivateFolder {
  const write = (name: string, bytes: Uint8Array): void => void files.set(name, new Uint8Array(bytes));
  return {
    path: "/memory",
    claim: (name) => `/memory/${name}`,
    read: (name) => files.get(name)?.slice() ?? null,
    write: async (name, bytes) => write(name, bytes),
    writeNow: write,
    remove: async (name) => void files.delete(name),
    removeNow: (name) => void files.delete(name),
    setAside(name) {
      const bytes = files.get(name);
      if (bytes === undefined) return null;
      const aside = `${name}.set-aside-${files.size}`;
      files.set(aside, bytes);
      files.delete(name);
      return aside;
    },
    list: () => [...files.keys()],
    sweep: () => {},
  };
}

const holds = (files: ReadonlyMap<string, Uint8Array>, bytes: Uint8Array): boolean =>
  [...files.values()].some((file) => Buffer.from(file).equals(bytes));

fuzz("a store of files and its journal: a changed file is refused, and its bytes are never overwritten", {
  values: fc.tuple(account, edits(["\u0002", "\u0000", "\u00ff"], 2), fc.constantFrom("mine", "mine", "another")),
  share: 0.5,
  reaches: { damaged: 0.2, wrong_key: 0.2, newer: 0.001 },
  async check([account, list, whose], reach) {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    const folder = memoryFolder(files);
    const setAside: string[] = [];
    const open = (with_: SealKey) =>
      createFileVault({
        folder,
        service: "ccb:1",
        key: async () => with_,
        random,
        onSetAside: (file) => void setAside.push(file),
      });
    const entry = toEntry(account);
    const name = "account:1";
    await open(key).set(name, entry);
    const [file = ""] = [...files.keys()];
    const good = files.get(file) ?? new Uint8Array();
    const bytes = whose === "another" ? good : mutateBytes(good, list);
    files.set(file, bytes.slice());
    const vault = open(whose === "another" ? otherKey : key);
    if (whose === "mine" && Buffer.from(bytes).equals(good)) {
      must((await vault.get(name)) === entry, "the entry is another");
      return;
    }
    const fault = await faultOf(vault.get(name));
    must(["damaged", "newer", "wrong_key"].includes(fault), "it was believed", fault);
    reach(fault);
    const written = await faultOf(vault.set(name, "another value"));
    // Damaged: out of the way, so a new value may be written. Of somebody else's: refused.
    must(written === (fault === "damaged" ? "none" : fault), "written over", fault, written);
    must(holds(files, bytes), "its bytes are gone", fault);
    must(setAside.length > 0 === (fault === "damaged"), "set aside", fault, setAside);

    // The same of the journal: what cannot be read is set aside, what can is there.
    const troubles: string[] = [];
    const noted = new Map<string, Uint8Array<ArrayBuffer>>();
    const journal = (with_: SealKey) =>
      createJournal({
        folder: memoryFolder(noted),
        service: "ccb:1",
        key: async () => with_,
        random,
        onTrouble: (what) => void troubles.push(what),
      });
    const first = journal(key);
    await first.open();
    must(first.note(name, entry), "not noted");
    const [record = ""] = [...noted.keys()];
    const torn =
      whose === "another"
        ? (noted.get(record) ?? new Uint8Array())
        : mutateBytes(noted.get(record) ?? new Uint8Array(), list);
    const same = whose === "mine" && Buffer.from(torn).equals(noted.get(record) ?? new Uint8Array());
    noted.set(record, torn.slice());
    const found = await journal(whose === "another" ? otherKey : key).open();
    must((found.get(name) ?? null) === (same ? entry : null), "the journal believed it", found);
    must(same || (holds(noted, torn) && troubles.includes("unreadable")), "a record is gone", troubles);
  },
});

fuzz("a value in several parts: whole, or refused; parts of two values never make one", {
  values: fc.tuple(
    fc.array(fc.oneof(text, fc.string({ unit: "grapheme", minLength: 40, maxLength: 160, size: "max" })), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.nat(),
    fc.constantFrom("none", "lose", "change", "manifest"),
    edits(["ccb-parts:", "ccb-plain:", "0:", "1:", ":2:", "9"], 2),
    fc.integer({ min: 32, max: 48 }),
  ),
  share: 0.5,
  reaches: { "several parts": 0.3, refused: 0.05 },
  async check([values, which, what, list, limit], reach) {
    const inner = createMemoryVault();
    const vault = createSplitVault(inner, limit);
    for (const value of values) await vault.set("account:1", value.toWellFormed());
    const last = values.at(-1)?.toWellFormed() ?? "";
    must((await vault.get("account:1")) === last, "another value", last);
    must(Bun.deepEquals(await vault.list(), ["account:1"]), "names of parts are shown");
    const parts = await inner.list();
    if (parts.length > 1) reach("several parts");
    // Half of a pair is no UTF-8: a keyring would give back another value.
    for (const name of parts) must((await inner.get(name))?.isWellFormed() === true, "a character cut in two", name);
    const part = parts.filter((name) => name !== "account:1").at(which % Math.max(1, parts.length - 1));
    if (what === "lose" && part !== undefined) await inner.delete(part);
    if (what === "change" && part !== undefined) await inner.set(part, mutateText((await inner.get(part)) ?? "", list));
    if (what === "manifest") await inner.set("account:1", mutateText((await inner.get("account:1")) ?? "", list));
    const fault = await faultOf(vault.get("account:1"));
    must(fault === "none" || fault === "failed", "another fault", fault);
    if (fault === "failed") reach("refused");
    if (what === "lose" && part !== undefined) must(fault === "failed", "a part is missing, and nobody noticed");
    if (what === "change" && fault === "none")
      must((await vault.get("account:1"))?.length === last.length, "a part of another length, and nobody noticed");
    // A next write mends it, whatever was wrong.
    await vault.set("account:1", "whole again ".repeat(9));
    must((await vault.get("account:1")) === "whole again ".repeat(9), "the next value is broken, too");
  },
});
