// Where the ccb of the bench keeps its accounts: in a real Secret Service where one can be started, else in sealed files.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSecretService } from "../test/support/secret-service.ts";
import { temporaryFolder } from "./folder.ts";

export interface Keeping extends AsyncDisposable {
  /** For people. */
  readonly what: string;
  /** For the environment of each ccb. */
  readonly env: Readonly<Record<string, string>>;
  /** For `settings.oauth` of one ccb: two at once need names of their own. */
  settings(name: string): Readonly<Record<string, unknown>>;
}

const NEEDED = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"];

export async function startKeeping(): Promise<Keeping> {
  const missing = NEEDED.filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? await startKeyring() : startFiles(missing);
}

async function startKeyring(): Promise<Keeping> {
  const service = await startSecretService();
  return {
    what: "in a keyring (gnome-keyring on a D-Bus of the bench's own)",
    env: { DBUS_SESSION_BUS_ADDRESS: service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" },
    settings: (name) => ({ store: "keyring", service_name: name }),
    [Symbol.asyncDispose]: () => service.stop(),
  };
}

function startFiles(missing: readonly string[]): Keeping {
  const folder = temporaryFolder("ccb-bench-key-");
  const file = join(folder.path, "store.key");
  writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  return {
    what: `in sealed files, for the lack of ${missing.join(", ")}`,
    env: { CCB_STORE_KEY_FILE: file },
    settings: () => ({ store: "file" }),
    [Symbol.asyncDispose]: async () => {
      folder[Symbol.dispose]();
    },
  };
}
