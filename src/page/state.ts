// What the page knows of its ccb, in one place; whoever shows a part of it subscribes.
import type { Static } from "@sinclair/typebox";
import { useEffect, useState } from "preact/hooks";
import type { StatusSchema } from "../http/oauth-schemas.ts";
import type { ProvidersSchema } from "../http/providers-schema.ts";
import type { Trace } from "../relay/trace-schema.ts";

type Status = Static<typeof StatusSchema>;
export type Account = Status["tokens"][number];
export type Provider = Static<typeof ProvidersSchema>["providers"][number];
export type Target = Provider["targets"][number];

export interface State {
  readonly link:
    | { readonly kind: "connecting" | "up" }
    /** `retryAt`: milliseconds since 1970; null: just now. */
    | { readonly kind: "down"; readonly retryAt: number | null };
  /** Whether ccb lets the page in, and what is wrong with its key. */
  readonly access: "fine" | "key_needed" | "key_wrong" | "key_role";
  /** ccb answers something that this page does not know. */
  readonly misfit: boolean;
  /** null: ccb does not say, or has not yet. */
  readonly health: { readonly version: string; readonly uptime_seconds: number } | null;
  /** When the figures came, milliseconds since 1970. */
  readonly asOf: number;
  readonly status: Status | null;
  readonly providers: readonly Provider[] | null;
  /** Newest first; null: not yet known. */
  readonly requests: readonly Trace[] | null;
  /** Requests are told as they happen. */
  readonly live: boolean;
  readonly notice: Notice | null;
}

/** What has just happened, said to the person once. */
export interface Notice {
  readonly text: string;
  /** What else there is to say, line by line. */
  readonly lines: readonly string[];
  readonly good: boolean;
}

export const INITIAL: State = {
  link: { kind: "connecting" },
  access: "fine",
  misfit: false,
  health: null,
  asOf: 0,
  status: null,
  providers: null,
  requests: null,
  live: false,
  notice: null,
};

export interface Store {
  get(): State;
  set(change: Partial<State>): void;
  subscribe(listener: () => void): () => void;
}

export function createStore(initial: State): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** A part of the state; the component is drawn anew when that part changes. */
export function useStore<Part>(store: Store, part: (state: State) => Part): Part {
  const [value, setValue] = useState<{ readonly part: Part }>(() => ({ part: part(store.get()) }));
  useEffect(() => {
    const look = (): void => {
      const next = part(store.get());
      setValue((before) => (Object.is(before.part, next) ? before : { part: next }));
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return value.part;
}
