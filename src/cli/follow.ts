// Goes on with the requests of a server as they happen, also after the server has gone and come back.
import { Value } from "@sinclair/typebox/value";
import { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { RequestsSchema } from "../http/requests.ts";
import { TraceSchema } from "../relay/trace-schema.ts";
import type { Trace } from "../relay/trace-schema.ts";
import type { Client } from "./client.ts";
import { readEvents } from "../core/event-stream.ts";

export interface FollowDeps {
  readonly client: Client;
  readonly clock: Pick<Clock, "after">;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** So many of the last requests come first. */
  readonly limit: number;
  /** Each state of a request once: begun, and ended. */
  readonly onTrace: (trace: Trace) => void | Promise<void>;
  /** The server has gone, and another try is made until it is back. */
  readonly onLost: () => void;
  readonly onBack: () => void;
}

/** Between two tries, milliseconds: twice as long each time. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** Three of the server's comments have not come. */
const SILENCE_MS = 45_000;
/** What may be missed while the server is away: it remembers as many. */
const CAUGHT_UP = 1_000;
const REMEMBERED = 4_000;

/** Worth another try: the rest will not mend itself. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof CcbError) || ["server_down", "server_silent", "too_many_listeners"].includes(error.code);

function parseTrace(data: string): Trace | null {
  try {
    const value: unknown = JSON.parse(data);
    return Value.Check(TraceSchema, value) ? value : null;
  } catch {
    return null;
  }
}

/** Follows until `signal` ends it. Rejects where the first connection fails, or what fails would fail again. */
export async function follow(deps: FollowDeps): Promise<void> {
  const { client, clock, signal, onTrace } = deps;
  const seen = new Set<string>();

  async function tell(trace: Trace): Promise<void> {
    const name = `${trace.state === "in_progress" ? "begun" : "ended"} ${trace.id}`;
    if (seen.has(name)) return;
    seen.add(name);
    const [oldest] = seen;
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
    await onTrace(trace);
  }

  /** One connection, to its end. */
  async function listen(limit: number, onOpen: () => void): Promise<void> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    let silent = false;
    const giveUp = (): void => {
      silent = true;
      stop();
    };
    signal.addEventListener("abort", stop);
    let cancel = clock.after(SILENCE_MS, giveUp);
    try {
      const response = await client.open("/requests/events", "text/event-stream", abort.signal);
      // After the stream is open: nothing falls between the two.
      const { requests } = await client.get(`/requests?limit=${limit}`, RequestsSchema);
      onOpen();
      for (const trace of requests.toReversed()) if (trace.state !== "in_progress") await tell(trace);
      if (response.body === null) return;
      for await (const data of readEvents(response.body, "request")) {
        cancel();
        cancel = clock.after(SILENCE_MS, giveUp);
        const trace = data === null ? null : parseTrace(data);
        if (trace !== null) await tell(trace);
      }
    } catch (error) {
      if (!silent) throw error;
      const said = { address: client.address, seconds: SILENCE_MS / 1000 };
      throw new CcbError("server_silent", (words) => words.commands.serverSilent(said), { cause: error });
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
      abort.abort();
    }
  }

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(milliseconds, resolve);
      signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });

  let opened = false;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await listen(opened ? CAUGHT_UP : deps.limit, () => {
        if (failures > 1) deps.onBack();
        opened = true;
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!opened || !isPassing(error)) throw error;
    }
    failures += 1;
    // The end of one connection is no news, as after a reload: that another cannot be had is.
    if (failures === 2) deps.onLost();
    if (!signal.aborted) await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)));
  }
}
