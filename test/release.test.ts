// What a release says of itself: the pins, what is inside, the bill of materials, licences and sums.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { billOfMaterials, licenceList, sums } from "../.ci/sbom.ts";
import type { Bill } from "../.ci/sbom.ts";
import {
  dependencyFolders,
  packageFolders,
  parseLock,
  readComponents,
  supplyChainFaults,
} from "../.ci/supply-chain.ts";

const root = join(import.meta.dir, "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

describe("the rules of the supply chain", () => {
  const good = {
    packageJson: '{"dependencies": {"a": "1.2.3"}, "devDependencies": {"b": "npm:@s/b@0.1.0"}}',
    lock: '{"workspaces": {"": {"dependencies": {"a": "1.2.3"}, "devDependencies": {"b": "npm:@s/b@0.1.0"},}}, "packages": {"a": ["a@1.2.3", "", {}, "sha512-AA=="],},}',
    bunfig: "[install]\nexact = true\nminimumReleaseAge = 259200\n",
  };

  test("this repository keeps them", () =>
    expect(
      supplyChainFaults({ packageJson: read("package.json"), lock: read("bun.lock"), bunfig: read("bunfig.toml") }),
    ).toEqual([]));
  test("a small example keeps them", () => expect(supplyChainFaults(good)).toEqual([]));

  test.each([
    ["a range", { packageJson: good.packageJson.replace("1.2.3", "^1.2.3") }, "not pinned exactly"],
    ["a tag", { packageJson: good.packageJson.replace("1.2.3", "latest") }, "not pinned exactly"],
    ["an address", { packageJson: good.packageJson.replace("1.2.3", "https://x/y.tgz") }, "not pinned exactly"],
    [
      "a lock file of another version",
      { packageJson: good.packageJson.replace("1.2.3", "1.2.4") },
      "package.json says",
    ],
    ["a package without a sum", { lock: good.lock.replace("sha512-AA==", "") }, "no SHA-512"],
    [
      "a package from elsewhere",
      { lock: good.lock.replace('"a@1.2.3", ""', '"a@1.2.3", "https://x/"') },
      "not from the registry",
    ],
    ["no age", { bunfig: "[install]\nexact = true\n" }, "minimumReleaseAge"],
    ["too young an age", { bunfig: good.bunfig.replace("259200", "60") }, "minimumReleaseAge"],
    ["exceptions", { bunfig: `${good.bunfig}minimumReleaseAgeExcludes = ["a"]\n` }, "exceptions"],
    ["no exact", { bunfig: good.bunfig.replace("true", "false") }, "exact"],
  ])("%s is a fault", (_name, change, words) => {
    const faults = supplyChainFaults({ ...good, ...change });
    expect(faults.join("\n")).toContain(words);
  });
});

describe("what is inside", () => {
  test("the folders of a bundle's packages, nested and scoped ones too", () =>
    expect(
      packageFolders([
        "src/main.ts",
        "node_modules/yaml/dist/index.js",
        "node_modules/yaml/package.json",
        "node_modules/@a/b/node_modules/@c/d/x.js",
        "node_modules/@a/b/x.node",
      ]),
    ).toEqual(["node_modules/@a/b", "node_modules/@a/b/node_modules/@c/d", "node_modules/yaml"]));

  test("a package's dependencies and theirs, the nested one before the outer one", () => {
    const folder = mkdtempSync(join(tmpdir(), "ccb-packages-"));
    const add = (at: string, dependencies: object): void => {
      mkdirSync(join(folder, at), { recursive: true });
      writeFileSync(
        join(folder, at, "package.json"),
        JSON.stringify({ name: at.split("/").at(-1), version: "1.0.0", license: "MIT", dependencies }),
      );
    };
    add("node_modules/a", { b: "1", c: "1" });
    add("node_modules/b", {});
    add("node_modules/a/node_modules/b", { c: "1", missing: "1" });
    add("node_modules/c", { a: "1" });
    writeFileSync(join(folder, "node_modules/c/LICENSE.md"), "the text");
    const folders = dependencyFolders(folder, "node_modules/a");
    expect(folders).toEqual(["node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"]);
    const lock = parseLock('{"workspaces": {}, "packages": {"c": ["c@1.0.0", "", {}, "sha512-AQI="]}}');
    expect(readComponents(folder, folders, lock)).toMatchObject([
      { name: "a", sha512: null, dependsOn: ["b", "c"] },
      { name: "b", texts: [] },
      { name: "c", license: "MIT", texts: ["the text"], sha512: "0102" },
    ]);
    rmSync(folder, { recursive: true });
  });
});

const each = {
  name: "@s/a",
  version: "1.0.0",
  license: "MIT",
  texts: ["text A"],
  sha512: "ab".repeat(64),
  dependsOn: ["b"],
};
const bill: Bill = {
  version: "9.9.9",
  bunVersion: "1.4.5",
  bundled: [each, { ...each, name: "b", license: "(MIT OR Apache-2.0)", sha512: null, dependsOn: [] }],
  inScript: [{ ...each, name: "c", license: "SEE LICENSE", dependsOn: ["b"] }, each],
  timestamp: 1_700_000_000,
};

/** CycloneDX 1.6 as far as the bill uses it; the whole schema said yes to a release once. */
const Licence = Type.Union([
  Type.Object({ expression: Type.String() }, { additionalProperties: false }),
  Type.Object(
    {
      license: Type.Union([
        Type.Object({ id: Type.String() }, { additionalProperties: false }),
        Type.Object({ name: Type.String() }, { additionalProperties: false }),
      ]),
    },
    { additionalProperties: false },
  ),
]);
const Component = Type.Object(
  {
    type: Type.Union([Type.Literal("library"), Type.Literal("framework"), Type.Literal("application")]),
    "bom-ref": Type.String({ minLength: 1 }),
    group: Type.Optional(Type.String()),
    name: Type.String({ minLength: 1 }),
    version: Type.String({ minLength: 1 }),
    purl: Type.String({ pattern: "^pkg:(npm|generic)/" }),
    hashes: Type.Optional(
      Type.Array(Type.Object({ alg: Type.Literal("SHA-512"), content: Type.String({ pattern: "^[0-9a-f]{128}$" }) })),
    ),
    licenses: Type.Array(Licence, { minItems: 1 }),
    properties: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
  },
  { additionalProperties: false },
);
const Document = Type.Object(
  {
    $schema: Type.Literal("http://cyclonedx.org/schema/bom-1.6.schema.json"),
    bomFormat: Type.Literal("CycloneDX"),
    specVersion: Type.Literal("1.6"),
    serialNumber: Type.String({
      pattern: "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    }),
    version: Type.Integer({ minimum: 1 }),
    metadata: Type.Object(
      { timestamp: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$" }), component: Component },
      { additionalProperties: false },
    ),
    components: Type.Array(Component),
    dependencies: Type.Array(
      Type.Object({ ref: Type.String(), dependsOn: Type.Array(Type.String()) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);

describe("the bill of materials", () => {
  const document = Value.Decode(Document, JSON.parse(billOfMaterials(bill)));

  test("names every part once, and refers to nothing else", () => {
    const refs = [document.metadata.component, ...document.components].map((part) => part["bom-ref"]);
    expect(refs).toEqual([
      "pkg:generic/ccb@9.9.9",
      "pkg:npm/bun@1.4.5",
      "pkg:npm/%40s/a@1.0.0",
      "pkg:npm/b@1.0.0",
      "pkg:npm/c@1.0.0",
    ]);
    expect(document.dependencies.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted());
    for (const { dependsOn } of document.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
  });

  test("a single licence is an id, a choice an expression, the rest a name", () =>
    expect(document.components.slice(1).map(({ licenses }) => licenses[0])).toEqual([
      { license: { id: "MIT" } },
      { expression: "(MIT OR Apache-2.0)" },
      { license: { name: "SEE LICENSE" } },
    ]));

  test("the same release gives the same bytes, another one another id", () => {
    expect(billOfMaterials(bill)).toBe(billOfMaterials(bill));
    expect(billOfMaterials({ ...bill, version: "9.9.8" })).not.toContain(document.serialNumber);
  });
});

test("the licences: every part by name, the runtime too, a text that many share once", () => {
  const list = licenceList(bill);
  for (const line of ["bun 1.4.5: MIT", "@s/a 1.0.0: MIT", "b 1.0.0: (MIT OR Apache-2.0)", "c 1.0.0: SEE LICENSE"])
    expect(list).toContain(line);
  expect(list.split("text A")).toHaveLength(2);
});

test("the sums are those of sha256sum", () =>
  expect(sums([{ name: "empty", data: new Uint8Array() }])).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n",
  ));
