// The page's ports: the one file of it that names the browser's globals for time, network and storage.

/** Cancels a timer or a subscription; harmless afterwards. */
export type Cancel = () => void;

/** Texts by name; a browser that keeps nothing forgets them. */
interface Shelf {
  get(name: string): string | null;
  /** null: forget it. */
  set(name: string, text: string | null): void;
}

export interface Browser {
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly after: (milliseconds: number, run: () => void) => Cancel;
  /** Kept for this site. */
  readonly lasting: Shelf;
  /** Kept for this tab. */
  readonly tab: Shelf;
  readonly origin: string;
  readonly hostname: string;
  /** What the person reads, best first. */
  readonly languages: readonly string[];
  readonly visible: () => boolean;
  /** The page is looked at again, or the network is back. */
  readonly onReturn: (run: () => void) => Cancel;
  /** Nobody looks at the page any more. */
  readonly onLeave: (run: () => void) => Cancel;
  readonly reload: () => void;
}

/** Storage may be switched off, full or out of reach: each then throws. */
function createShelf(storage: () => Storage): Shelf {
  return {
    get(name) {
      try {
        return storage().getItem(name);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) storage().removeItem(name);
        else storage().setItem(name, text);
      } catch {
        // Remembered until the page is closed, and no longer.
      }
    },
  };
}

export const browser: Browser = {
  fetch: (path, init) => fetch(path, init),
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  lasting: createShelf(() => localStorage),
  tab: createShelf(() => sessionStorage),
  origin: location.origin,
  hostname: location.hostname,
  languages: navigator.languages,
  visible: () => document.visibilityState === "visible",
  onReturn(run) {
    const seen = (): void => {
      if (document.visibilityState === "visible") run();
    };
    document.addEventListener("visibilitychange", seen);
    addEventListener("online", run);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("online", run);
    };
  },
  onLeave(run) {
    const left = (): void => {
      if (document.visibilityState === "hidden") run();
    };
    document.addEventListener("visibilitychange", left);
    return () => document.removeEventListener("visibilitychange", left);
  },
  reload: () => location.reload(),
};
