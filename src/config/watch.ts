// Notices that a file has changed, however its editor saves. It looks at the path again and again: an event watch
// follows the file that was there at first, and loses it at the first rename, symlink swap or deletion.
import type { Cancel, Clock } from "../core/ports.ts";

const INTERVAL_MS = 1000;

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
 * Calls `onChange` for each change of a file, as soon as two looks in a row, 1 s apart, are the same: a half-written file
 * is left alone. A missing or unreadable file is no change until it is back as another. Returns the end of it.
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
    if (!stopped && isChange(now)) onChange();
  }

  /** Set before the look, so that it falls due together with other timers of this length. */
  function tick(): void {
    cancel = clock.after(INTERVAL_MS, tick);
    // A disk that is far away may take longer.
    if (!looking) void look();
  }

  tick();
  return () => {
    stopped = true;
    cancel();
  };
}
