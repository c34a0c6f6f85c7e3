// Requests as they happen, merged with those that happened before.
import { Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { readEvents } from "../core/event-stream.ts";
import { TraceSchema } from "../relay/trace-schema.ts";
import type { Trace } from "../relay/trace-schema.ts";
import type { Api } from "./api.ts";
import type { Browser, Cancel } from "./browser.ts";
import { KEPT, mergeTraces } from "./merge-traces.ts";
import type { Store } from "./state.ts";

/** Before the events are asked for again. */
const AGAIN_MS = 2_000;

const ListSchema = Type.Object({ requests: Type.Array(TraceSchema) });

export interface Live {
  /** Listens, unless it does already. */
  start(): void;
  stop(): void;
  /** Asks for the last requests. Rejects with ApiError. */
  catchUp(): Promise<void>;
}

export interface LiveDeps {
  readonly api: Api;
  readonly browser: Pick<Browser, "after">;
  readonly store: Store;
  /** A request has ended, or the connection has: something may have changed. */
  readonly onChange: () => void;
}

/** Creates the listener. */
export function createLive({ api, browser, store, onChange }: LiveDeps): Live {
  let running: AbortController | null = null;
  let cancelAgain: Cancel = () => {};

  const add = (told: readonly Trace[]): void => store.set({ requests: mergeTraces(store.get().requests ?? [], told) });

  async function catchUp(): Promise<void> {
    add((await api.get(`/requests?limit=${KEPT}`, ListSchema)).requests);
  }

  async function listen({ signal }: AbortController): Promise<void> {
    const body = await api.stream("/requests/events", signal);
    store.set({ live: true });
    // What happened before this moment, and after it what comes by itself.
    await catchUp();
    for await (const data of readEvents(body, "request")) {
      if (data === null) continue;
      const trace: unknown = JSON.parse(data);
      if (!Check(TraceSchema, trace)) continue;
      add([trace]);
      if (trace.state !== "in_progress") onChange();
    }
  }

  async function run(controller: AbortController): Promise<void> {
    try {
      await listen(controller);
    } catch {
      // Why is told by the next question to ccb, which has the same reason to fail.
    }
    if (running !== controller) return;
    store.set({ live: false });
    controller.abort();
    onChange();
    cancelAgain = browser.after(AGAIN_MS, () => {
      if (running === controller) begin();
    });
  }

  function begin(): void {
    running = new AbortController();
    void run(running);
  }

  return {
    start() {
      if (running === null) begin();
    },
    stop() {
      cancelAgain();
      running?.abort();
      running = null;
      store.set({ live: false });
    },
    catchUp,
  };
}
