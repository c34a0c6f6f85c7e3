// What ccb does while the process has no file descriptor left. Bun then asks without a pause for the waiting connection
// that it cannot take, and a whole core goes into that (seen by experiment). To close the listener would cost the
// connections that are open; so the event loop is slowed down until there are descriptors again.
import { closeSync, openSync } from "node:fs";
import { codeOf } from "../core/errors.ts";
import type { Cancel, Clock, Log } from "../core/ports.ts";

/** How often it looks, milliseconds. */
const LOOK_MS = 5_000;
/** And while there are none. */
const LOOK_AGAIN_MS = 500;
/** How long the event loop stands still at each of its turns while there are none, milliseconds. */
const REST_MS = 20;
/** How long it runs between two rests. */
const TURN_MS = 1;
/** So many must be free for all to be well again: less is gone with the next connections that wait. */
const ENOUGH = 8;
const EXHAUSTED = new Set(["EMFILE", "ENFILE"]);

export interface DescriptorWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** There are none left: said once, until there are some again. */
  readonly onShort: () => void;
  /** Stands still for so many milliseconds. */
  readonly rest: (milliseconds: number) => void;
  /** Opens something and gives what closes it; throws as node:fs does. */
  readonly open?: () => () => void;
}

function openNull(): () => void {
  const descriptor = openSync("/dev/null", "r");
  return () => closeSync(descriptor);
}

/** Looks every five seconds. Gives back what ends it. */
export function watchDescriptors({ clock, log, onShort, rest, open = openNull }: DescriptorWatchDeps): Cancel {
  let short = false;
  let lookedAt = 0;
  let cancel: Cancel;

  function has(count: number): boolean {
    const opened: (() => void)[] = [];
    try {
      while (opened.length < count) opened.push(open());
      return true;
    } catch (error) {
      // Where there is no /dev/null there is nothing to look at.
      return !EXHAUSTED.has(codeOf(error));
    } finally {
      for (const close of opened) close();
    }
  }

  function look(): void {
    lookedAt = clock.monotonic();
    const before = short;
    short = !has(before ? ENOUGH : 1);
    if (short && !before) {
      log.warning("descriptors_exhausted", {});
      onShort();
    } else if (before && !short) log.info("descriptors_back", {});
  }

  function turn(): void {
    // The timer itself is what decides where there are some: it may be early by a part of a millisecond.
    if (!short || clock.monotonic() - lookedAt >= LOOK_AGAIN_MS) look();
    if (short) rest(REST_MS);
    cancel = clock.after(short ? TURN_MS : LOOK_MS, turn);
  }

  cancel = clock.after(LOOK_MS, turn);
  return () => cancel();
}
