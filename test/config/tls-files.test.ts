// The files of a certificate: who else may read the key.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTlsFiles } from "../../src/config/tls-files.ts";
import { RENEWED } from "../security/_certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "ccb-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a key that everybody on the machine may read is said; one that a group may read is the group's matter", async () => {
  const paths = { cert: join(folder, "c.pem"), key: join(folder, "k.pem") };
  writeFileSync(paths.cert, RENEWED.cert);
  writeFileSync(paths.key, RENEWED.key);
  for (const [mode, shared] of [
    [0o644, true],
    [0o640, false],
    [0o600, false],
  ] as const) {
    chmodSync(paths.key, mode);
    expect(await checkTlsFiles(paths)).toMatchObject({ keyShared: shared });
  }
});
