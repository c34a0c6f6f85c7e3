// The Worker in which the keyring is called: its calls are synchronous and may block for ever, here they block nobody.
// An entry point of its own: `bun build --compile` must list it.
import type { Entry, EntryOptions } from "@napi-rs/keyring";
import { isStaleHandle, keyringFault } from "./keyring-faults.ts";
import { parseKeyringRequest } from "./keyring-messages.ts";
import type { KeyringReply, KeyringRequest, KeyringResult } from "./keyring-messages.ts";

declare const self: Worker;

/** Without this Linux falls back silently to the kernel's keyring, which a reboot empties. Ignored elsewhere. */
const OPTIONS: EntryOptions = { linux: { store: "secret-service" } };

/**
 * Handles by service and name: one costs 7 ms of D-Bus, and holds a file descriptor until it is collected.
 */
const handles = new Map<string, Entry>();

class LoadError extends Error {}

/** What went wrong at the bottom: the library's own message speaks of npm, which nobody has who runs the binary. */
function deepestReason(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error; at = at.cause, depth += 1) {
    if (!(at.cause instanceof Error) || depth > 20) return at.message.slice(0, 300);
  }
  return String(error).slice(0, 300);
}

/** Loaded at the first request, not at import: the addon is unpacked to a temporary folder, which may forbid it. */
async function loadLibrary(): Promise<typeof import("@napi-rs/keyring")> {
  try {
    return await import("@napi-rs/keyring");
  } catch (error) {
    throw new LoadError(
      "the keyring's library could not be loaded; the program unpacks it to $BUN_TMPDIR, $TMPDIR or /tmp, " +
        `which must be writable and not mounted noexec (${deepestReason(error)})`,
      { cause: error },
    );
  }
}

/** Runs `use` with the entry's handle, once more with a new one where the old has outlived its daemon. */
function withHandle<T>(create: () => Entry, key: string, use: (entry: Entry) => T): T {
  const cached = handles.get(key);
  try {
    const entry = cached ?? create();
    handles.set(key, entry);
    return use(entry);
  } catch (error) {
    handles.delete(key); // whatever it was: the next call starts from nothing
    if (cached === undefined || !(error instanceof Error) || !isStaleHandle(error.message)) throw error;
    const entry = create();
    const result = use(entry);
    handles.set(key, entry);
    return result;
  }
}

/**
 * Reading first waits for the keyring to be unlocked and finds out whether two entries match. If this Worker is
 * terminated while it waits, it ends between the two calls: an old value never overwrites a newer one later.
 */
function writeAndReadBack(entry: Entry, value: string): null {
  entry.getPassword();
  entry.setPassword(value);
  if (entry.getPassword() !== value) throw new Error("the keyring gave back another value than was written");
  return null;
}

async function perform(request: KeyringRequest): Promise<KeyringResult> {
  const { service, name } = request;
  const { Entry, findCredentials } = await loadLibrary();
  if (request.op === "list") {
    return [...new Set(findCredentials(service).map((credential) => credential.account))];
  }
  const create = (): Entry => new Entry(service, name, OPTIONS);
  const key = `${service}\0${name}`;
  if (request.op === "get") return withHandle(create, key, (entry) => entry.getPassword());
  if (request.op === "set") {
    return withHandle(create, key, (entry) => writeAndReadBack(entry, request.value));
  }
  withHandle(create, key, (entry) => entry.deleteCredential());
  handles.delete(key);
  return null;
}

async function answer(request: KeyringRequest): Promise<KeyringReply> {
  try {
    return { id: request.id, ok: true, value: await perform(request) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    // No library says a value in its errors today; none shall tomorrow. Shorter ones are no secrets, but parts of words.
    const secret = request.op === "set" && request.value.length >= 8 ? request.value : null;
    const message = secret === null ? words : words.replaceAll(secret, "[secret]");
    // A module that failed to load once is an empty one at the next import, for this Worker's life.
    const over = error instanceof LoadError;
    return {
      id: request.id,
      ok: false,
      fault: keyringFault(message, process.platform),
      message,
      over,
    };
  }
}

self.addEventListener("message", (event: MessageEvent<unknown>) => {
  const request = parseKeyringRequest(event.data);
  if (request !== null) void answer(request).then((reply) => self.postMessage(reply));
});
