// What signals mean: stop, or load the configuration again. SIGHUP means either: a terminal that was closed, or a wish.
import { closeSync, constants, openSync, readFileSync } from "node:fs";

/** Whether this process has a terminal of its own that is still open. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

/** The bit of SIGHUP in the masks of /proc. */
const HANG_UP_BIT = 1n;

/** Started by `nohup`: the end of the terminal is no reason to stop. Only Linux says so. */
function ignoresHangUp(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & HANG_UP_BIT) !== 0n;
  } catch {
    return false;
  }
}

/**
 * Calls `stop` at SIGTERM, at SIGINT and when the terminal that ccb was started in is closed, each time; `reload` at
 * every other SIGHUP, as daemons do.
 */
export function onSignals({ stop, reload }: { readonly stop: () => void; readonly reload: () => void }): void {
  // Before SIGHUP is listened to: then it is ignored no more.
  const endsWithTerminal = hasTerminal() && !ignoresHangUp();
  // Windows says SIGHUP only when a console is closed.
  const isClosed = (): boolean => process.platform === "win32" || (endsWithTerminal && !hasTerminal());
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => (isClosed() ? stop() : reload()));
}

/** What a terminal sends to all programs in front of it by itself; passed on as well, it would come twice. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
const PASSED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** Passes signals on to a program that ccb started and waits for. Gives back what ends that. */
export function passSignals(terminal: boolean, pass: (signal: NodeJS.Signals) => void): () => void {
  const ignore = (): void => {};
  const names = process.platform === "win32" ? (["SIGINT"] as const) : [...FROM_TERMINAL, ...PASSED];
  const handlers = names.map((name) => {
    const handler = terminal && FROM_TERMINAL.includes(name) ? ignore : () => pass(name);
    process.on(name, handler);
    return { name, handler };
  });
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
  };
}
