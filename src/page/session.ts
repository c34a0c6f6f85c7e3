// Keeps the state as ccb has it: asks every few seconds while somebody looks, and comes back by itself.
import { Type } from "@sinclair/typebox";
import { StatusSchema } from "../http/oauth-schemas.ts";
import { ProvidersSchema } from "../http/providers-schema.ts";
import { ApiError } from "./api.ts";
import type { Api } from "./api.ts";
import type { Browser, Cancel } from "./browser.ts";
import type { Live } from "./live.ts";
import type { Store } from "./state.ts";

const POLL_MS = 5_000;
/** After something has happened: several things in a row are asked about once. */
const SOON_MS = 300;
/** Between tries while nobody answers. */
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const LAST_BACKOFF_MS = 15_000;

/** What a caller without a key is told is the status alone. */
const HealthSchema = Type.Partial(Type.Object({ version: Type.String(), uptime_seconds: Type.Number() }));

export interface Session {
  start(): void;
  /** Something has changed: asks soon. */
  poke(): void;
  /** Asks now, whatever the schedule. */
  retry(): void;
}

export interface SessionDeps {
  readonly api: Api;
  readonly browser: Browser;
  readonly store: Store;
  readonly live: Live;
  /** The key that is in use; null: none. */
  readonly hasKey: () => boolean;
}

/** Creates the session. */
export function createSession({ api, browser, store, live, hasKey }: SessionDeps): Session {
  let cancel: Cancel = () => {};
  let failures = 0;
  let asking = false;
  let again = false;

  const schedule = (milliseconds: number): void => {
    cancel();
    cancel = browser.after(milliseconds, () => void look());
  };

  async function health(): Promise<ReturnType<Store["get"]>["health"]> {
    try {
      const { version, uptime_seconds } = await api.get("/health", HealthSchema);
      return version === undefined || uptime_seconds === undefined ? null : { version, uptime_seconds };
    } catch (error) {
      // Clients may need a key for it where management needs none.
      if (error instanceof ApiError && error.kind === "refused") return null;
      throw error;
    }
  }

  async function ask(): Promise<void> {
    const [status, { providers }, known] = await Promise.all([
      api.get("/oauth/status", StatusSchema),
      api.get("/providers", ProvidersSchema),
      health(),
    ]);
    failures = 0;
    const asOf = browser.now();
    store.set({ link: { kind: "up" }, access: "fine", misfit: false, status, providers, health: known, asOf });
    live.start();
    if (!store.get().live) await live.catchUp();
    schedule(POLL_MS);
  }

  function fail(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) {
      const wrong = error.status === 403 ? "key_role" : "key_wrong";
      live.stop();
      // What a key has shown is not for those who come without.
      const nothing = { status: null, providers: null, requests: null, health: null };
      store.set({ link: { kind: "up" }, access: hasKey() ? wrong : "key_needed", ...nothing });
      cancel();
      return;
    }
    if (error.kind !== "unreachable") {
      store.set({ link: { kind: "up" }, misfit: error.kind === "misfit" });
      schedule(LAST_BACKOFF_MS);
      return;
    }
    const wait = BACKOFF_MS[failures] ?? LAST_BACKOFF_MS;
    failures += 1;
    live.stop();
    store.set({ link: { kind: "down", retryAt: browser.now() + wait } });
    schedule(wait);
  }

  async function look(): Promise<void> {
    if (!browser.visible() && store.get().link.kind === "up") {
      // Asked again when somebody looks.
      return;
    }
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    cancel();
    if (store.get().link.kind === "down") store.set({ link: { kind: "down", retryAt: null } });
    try {
      await ask();
    } catch (error) {
      fail(error);
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      schedule(SOON_MS);
    }
  }

  function retry(): void {
    failures = 0;
    void look();
  }

  return {
    start() {
      browser.onReturn(retry);
      // A browser has six connections for all tabs of one server: those that nobody looks at must not hold them.
      browser.onLeave(() => live.stop());
      void look();
    },
    poke() {
      const { link, access } = store.get();
      if (link.kind === "up" && access === "fine") schedule(SOON_MS);
    },
    retry,
  };
}
