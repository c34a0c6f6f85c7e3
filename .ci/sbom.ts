// The papers of a release: a bill of materials (CycloneDX 1.6), the licences, the sums.
import { createHash } from "node:crypto";
import type { Component } from "./supply-chain.ts";

export interface Bill {
  readonly version: string;
  readonly bunVersion: string;
  /** Bundled into the program from their own files. */
  readonly bundled: readonly Component[];
  /** What the API reference's ready-made script may hold. */
  readonly inScript: readonly Component[];
  /** Seconds since 1970. */
  readonly timestamp: number;
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Package URL: the `@` of a scope is escaped (purl specification, npm). */
const purl = (name: string, version: string): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

/** A single SPDX id, else an expression, else a name. */
function licences(license: string): readonly object[] {
  if (/^[A-Za-z0-9.+-]+$/.test(license) && license !== "NOASSERTION") return [{ license: { id: license } }];
  if (/^\(?[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)+\)?$/.test(license)) return [{ expression: license }];
  return [{ license: { name: license === "NOASSERTION" ? "not stated by the package" : license } }];
}

function toComponent({ name, version, license, sha512 }: Component, how: string): object {
  const scoped = /^(@[^/]+)\/(.+)$/.exec(name);
  return {
    type: "library",
    "bom-ref": purl(name, version),
    ...(scoped ? { group: scoped[1], name: scoped[2] } : { name }),
    version,
    purl: purl(name, version),
    ...(sha512 === null ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    licenses: licences(license),
    properties: [{ name: "ccb:how", value: how }],
  };
}

/** An id from the content, so that the same release gives the same file (RFC 9562, version 8). */
function serialNumber(content: string): string {
  const hex = sha256(content);
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The bill of materials as JSON text, CycloneDX 1.6. */
export function billOfMaterials({ version, bunVersion, bundled, inScript, timestamp }: Bill): string {
  const own = new Set(bundled.map((each) => purl(each.name, each.version)));
  const script = inScript.filter((each) => !own.has(purl(each.name, each.version)));
  const root = `pkg:generic/ccb@${version}`;
  const runtime = {
    type: "framework",
    "bom-ref": purl("bun", bunVersion),
    name: "bun",
    version: bunVersion,
    purl: purl("bun", bunVersion),
    licenses: [{ license: { id: "MIT" } }],
    properties: [
      { name: "ccb:how", value: "the runtime; it links JavaScriptCore (LGPL-2.0) and other libraries statically" },
    ],
  };
  const components = [
    runtime,
    ...bundled.map((each) => toComponent(each, "bundled")),
    ...script.map((each) => toComponent(each, "may be part of the API reference's ready-made script")),
  ];
  const all = [...bundled, ...script];
  const refsOf = (name: string): readonly string[] =>
    all.filter((each) => each.name === name).map((each) => purl(each.name, each.version));
  const dependencies = [
    { ref: root, dependsOn: [runtime["bom-ref"], ...own] },
    { ref: runtime["bom-ref"], dependsOn: [] },
    ...all.map((each) => ({
      ref: purl(each.name, each.version),
      dependsOn: [...new Set(each.dependsOn.flatMap(refsOf))],
    })),
  ];
  const body = {
    version: 1,
    metadata: {
      timestamp: new Date(timestamp * 1000).toISOString().replace(".000", ""),
      component: {
        type: "application",
        "bom-ref": root,
        name: "ccb",
        version,
        purl: root,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components,
    dependencies,
  };
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber(JSON.stringify(body)),
    ...body,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A list of what is in the binary and under which terms, then each text once. */
export function licenceList({ bunVersion, bundled, inScript }: Bill): string {
  const names = new Set(bundled.map(({ name, version }) => `${name}@${version}`));
  const script = inScript.filter(({ name, version }) => !names.has(`${name}@${version}`));
  const line = ({ name, version, license }: Component): string => `${name} ${version}: ${license}`;
  const texts = new Map<string, string[]>();
  for (const each of [...bundled, ...script])
    for (const text of each.texts) texts.set(text, [...(texts.get(text) ?? []), `${each.name} ${each.version}`]);
  return [
    "What is inside ccb, and under which terms",
    "",
    "The runtime",
    `bun ${bunVersion}: MIT. It links other libraries statically, JavaScriptCore and WebKit among them (LGPL-2.0);`,
    "their list and how to link again with others: https://bun.com/docs/project/license",
    "",
    "Bundled from npm",
    ...bundled.map(line),
    "",
    "In the ready-made script of the API reference (@scalar/api-reference), or not: its dependencies",
    ...script.map(line),
    "",
    ...[...texts].flatMap(([text, users]) => ["=".repeat(80), users.join(", "), "=".repeat(80), text, ""]),
  ].join("\n");
}

/** Lines as `sha256sum --check` reads them. */
export const sums = (files: readonly { readonly name: string; readonly data: Uint8Array }[]): string =>
  files.map(({ name, data }) => `${sha256(data)}  ${name}\n`).join("");
