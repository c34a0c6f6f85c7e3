// What ccb tells systemd of itself: ready, stopping, alive (sd_notify(3), sd_watchdog_enabled(3)).
import type { Environment } from "../../config/environment.ts";
import type { Cancel, Clock } from "../../core/ports.ts";
import { repeat } from "../../core/repeat.ts";

export interface NotifierDeps {
  readonly env: Environment;
  readonly pid: number;
  readonly clock: Clock;
  /** Creates what sends to the socket at a path, or null where none can be had. */
  readonly open: (path: string) => ((text: string) => boolean) | null;
}

/** Every call is harmless where no manager listens. */
export interface Notifier {
  /** Requests are taken from now on; the pings of the watchdog begin. */
  ready(url: string): void;
  /** A stop has begun that may take `seconds`. */
  stopping(seconds: number): void;
  /** Ends the pings. */
  close(): void;
}

/** Three pings a period: one may be late without a death. */
const PINGS_PER_PERIOD = 3;
const AGAIN_MS = 500;
const MICROSECONDS = 1_000_000;

/** The watchdog's period in milliseconds; null where systemd asks for no pings, or asks another process. */
function watchdogPeriod(env: Environment, pid: number): number | null {
  const owner = env["WATCHDOG_PID"] ?? "";
  if (owner !== "" && owner !== String(pid)) return null;
  const text = env["WATCHDOG_USEC"] ?? "";
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) / 1000 : null;
}

/**
 * Creates the notifier for `$NOTIFY_SOCKET`. The pings come from a timer of the event loop, so that a loop that stands
 * still is found out and ccb started anew.
 */
export function createNotifier({ env, pid, clock, open }: NotifierDeps): Notifier {
  const path = env["NOTIFY_SOCKET"] ?? "";
  const send = path === "" ? null : open(path);
  if (send === null) return { ready: () => {}, stopping: () => {}, close: () => {} };
  const period = watchdogPeriod(env, pid);
  let cancel: Cancel = () => {};
  function ping(): void {
    if (period === null) return;
    cancel = repeat(clock, period / PINGS_PER_PERIOD, () => void send?.("WATCHDOG=1"));
  }
  /** The manager's queue may be full for a moment; it waits for this one word. */
  function say(text: string): void {
    if (send?.(text) === true) ping();
    else cancel = clock.after(AGAIN_MS, () => say(text));
  }
  return {
    ready: (url) => say(`READY=1\nSTATUS=Serving at ${url}`),
    // The unit's TimeoutStopSec= is from the day it was written; the configuration may ask for longer by now.
    stopping: (seconds) => void send(`STOPPING=1\nEXTEND_TIMEOUT_USEC=${Math.ceil(seconds) * MICROSECONDS}`),
    close: () => cancel(),
  };
}
