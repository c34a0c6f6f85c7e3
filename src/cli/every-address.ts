// One port at several addresses, and an own error for one that is not to be had.
import { CcbError, codeOf } from "../core/errors.ts";

/** Two programs may want the same free port at once. */
const TRIES = 5;

interface Listener {
  readonly port?: number | undefined;
  stop(cut: boolean): unknown;
}

const isTaken = (cause: unknown): boolean => codeOf(cause) === "EADDRINUSE";

function toError(cause: unknown, host: string, port: number): CcbError {
  const reason = codeOf(cause);
  if (isTaken(cause))
    return new CcbError("address_in_use", (words) => words.cli.addressInUse({ host, port }), { cause });
  if (reason.startsWith("ERR_"))
    return new CcbError("address_in_use", (words) => words.access.tlsFailed({ reason }), { cause });
  return new CcbError("address_in_use", (words) => words.cli.addressFailed({ host, port, reason }), { cause });
}

/**
 * Calls `start` for each address, with the same port. For port 0 the first address decides which; where another program
 * has that one at a later address, all begin anew with another. Throws `address_in_use`, and then nothing listens.
 */
export function startAtEvery<L extends Listener>(
  addresses: readonly string[],
  port: number,
  start: (address: string, port: number) => L,
): L[] {
  for (let tries = 1; ; tries += 1) {
    const listeners: L[] = [];
    for (const address of addresses) {
      const chosen = listeners[0]?.port ?? port;
      try {
        listeners.push(start(address, chosen));
      } catch (cause) {
        for (const listener of listeners) listener.stop(true);
        const another = port === 0 && listeners.length > 0 && isTaken(cause) && tries < TRIES;
        if (!another) throw toError(cause, address, chosen);
        break;
      }
    }
    if (listeners.length === addresses.length) return listeners;
  }
}
