// Notices that a file has changed, however its editor saves. It looks at the path again and again: an event watch
// follows the file that was there at first, and loses it at the first rename, symlink swap or deletion.
import type { Cancel, Clock } from "../core/ports.ts";

/** A program that rests is woken up this often by it. */
const INTERVAL_MS = 2_000;
/** From the first look that found something new to the one that finds whether it has come to rest. */
const SETTLE_MS = 500;

interface FileWatchDeps {
  readonly clock: Pick<Clock, "after">;
  /** A text that differs when the file does; null: it is missing. May reject: then nothing is known. */
  readonly stat: (path: string) => Promise<string | null>;
  readonly path: string;
  /** Called without waiting for it. */
  readonly onChange: () => void;
  /** What `stat` said before the file was read, so that no change in between is lost. Default: what it says at once. */
  readonly known?: string | null;
}

/**
 * Calls `onChange` for each change of a file, as soon as two looks in a row, half a second apart, are the same: a
 * half-written file is left alone. A missing or unreadable file is no change until it is back as another. Returns the end of it.
 */
export function createFileWatch({ clock, stat, path, onChange, known }: FileWatchDeps): Cancel {
  let stopped = false;
  let looking = false;
  let cancel: Cancel = () => {};
  /** What was last reported; undefined: nothing has been seen yet. */
  let settled = known;
  let fresh: string | null = null;

  /** Whether `now` is a change that has come to rest. */
  function isChange(now: string | null): boolean {
    if (settled === undefined) settled = now;
    const same = now === fresh;
    fresh = now === settled ? null : now;
    if (fresh === null || !same) return false;
    settled = fresh;
    fresh = null;
    return true;
  }

  async function look(): Promise<void> {
    let now: string | null = null;
    looking = true;
    try {
      now = await stat(path);
    } catch {
      // As if it were missing.
    }
    looking = false;
    if (stopped) return;
    const changed = isChange(now);
    if (fresh !== null) arm(SETTLE_MS);
    if (changed) onChange();
  }

  function arm(milliseconds: number): void {
    cancel();
    cancel = clock.after(milliseconds, tick);
  }

  function tick(): void {
    // Before the look, so that it falls due together with other timers of this length.
    arm(INTERVAL_MS);
    // A disk that is far away may take longer.
    if (!looking) void look();
  }

  tick();
  return () => {
    stopped = true;
    cancel();
  };
}
