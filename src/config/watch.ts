// Notices that a file has changed, however its editor saves. It looks at the path again and again: an event watch
// follows the file that was there at first, and loses it at the first rename, symlink swap or deletion. Where the system
// tells of changes in the folder it looks at once, and seldom by itself.
import type { Cancel, Clock } from "../core/ports.ts";

/**
 * A program that rests is woken up this often by it, milliseconds: where the system tells of changes, and where not. It
 * tells nothing of a container's mount or of another machine's writing, and does not say that it does not.
 */
const TOLD_INTERVAL_MS = 10_000;
const INTERVAL_MS = 2_000;
/** From the first look that found something new, and from what the system told, to the next look. */
const SETTLE_MS = 500;

interface FileWatchDeps {
  readonly clock: Pick<Clock, "after">;
  /** A text that differs when the file does; null: it is missing. May reject: then nothing is known. */
  readonly stat: (path: string) => Promise<string | null>;
  /** Calls back for changes around the file. Resolves what ends that; null: nobody tells of any. Never rejects. */
  readonly hear: (path: string, onEvent: () => void) => Promise<Cancel | null>;
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
export function createFileWatch({ clock, stat, hear, path, onChange, known }: FileWatchDeps): Cancel {
  let stopped = false;
  let looking = false;
  /** Something has happened around the file since the last look began; at first that is not known. */
  let told = true;
  let cancel: Cancel = () => {};
  let stopHearing: Cancel | null = null;
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

  /** Anew after each event: the folder itself may be another one now. */
  async function listen(): Promise<void> {
    stopHearing?.();
    stopHearing = null;
    const stop = await hear(path, () => {
      // Once for all that happens until the look: a folder may be a busy one.
      if (!told) arm(SETTLE_MS);
      told = true;
    });
    if (stopped) stop?.();
    else stopHearing = stop;
  }

  async function look(hearAnew: boolean): Promise<void> {
    let now: string | null = null;
    looking = true;
    // At once: the first look decides what counts as a change.
    try {
      now = await stat(path);
    } catch {
      // As if it were missing.
    }
    if (hearAnew && !stopped) await listen();
    looking = false;
    if (stopped) return;
    const changed = isChange(now);
    // Nobody told: what is heard is not this file any more.
    if (changed && !hearAnew) told = true;
    // What happened between the look and the hearing nobody told.
    const unheard = hearAnew && stopHearing !== null;
    if (fresh !== null || told || unheard) arm(SETTLE_MS);
    if (changed) onChange();
  }

  function arm(milliseconds: number): void {
    cancel();
    cancel = clock.after(milliseconds, tick);
  }

  function tick(): void {
    // Before the look, so that it falls due together with other timers of this length.
    arm(stopHearing === null ? INTERVAL_MS : TOLD_INTERVAL_MS);
    // A disk that is far away may take longer.
    if (looking) return;
    const hearAnew = told;
    told = false;
    void look(hearAnew);
  }

  tick();
  return () => {
    stopped = true;
    cancel();
    stopHearing?.();
  };
}
