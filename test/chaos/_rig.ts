// Runs faults against the compiled program, each with a canary beside it, and prints what each of them cost.
//
//   const rig = await startRig({ providers: [keyed(upstream.url)] });
//   test.each(FAULTS)("$name", (fault) => rig.run(fault));
//   afterAll(async () => { rig.print("upstream"); await rig[Symbol.asyncDispose](); });
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "bun:test";
import { startCcb, type Ccb, type CcbOptions, type ConfigPieces } from "../support/binary.ts";
import { keyed } from "../binary/_ccb.ts";
import type { CanaryFigures } from "./_canary.ts";

/** `make chaos` repeats some rows. */
export const rounds = (most: number): number => (process.env["CHAOS_ROUNDS"] === undefined ? 1 : most);

export interface Fault {
  readonly name: string;
  /** What must come out: the text that `run` gives. */
  readonly expect: string;
  /** Does it, and says in a few words what ccb did. Throws where something is plainly wrong. */
  run(rig: Rig): Promise<string>;
  /** The longest that ccb's event loop may stand still, milliseconds. Default 500. */
  readonly stallMs?: number;
  /** Open descriptors that may be more than before: connections of the upstream pool, the three files of the usage that open late. Default 8. */
  readonly descriptors?: number;
  /** Resident memory that may be more than before, MB: what the allocator has not given back. Default 40. */
  readonly residentMb?: number;
}

export interface RigOptions extends Omit<CcbOptions, "config" | "wait"> {
  /** Beside "Healthy", which is the canary's alone. */
  readonly providers?: readonly unknown[];
  readonly oauth?: ConfigPieces["oauth"];
  /** Merged over `enable_persistence: false` and `log_level: WARNING`. */
  readonly settings?: ConfigPieces["settings"];
  /** Beside the canary's route. */
  readonly routes?: Readonly<Record<string, unknown>>;
}

export interface Rig {
  readonly ccb: Ccb;
  /** Runs a fault between two looks at ccb, and throws where the outcome, the canary or a figure is not as it must be. */
  run(fault: Fault): Promise<void>;
  /** A line for each fault that ran. */
  print(title: string): void;
  /** Ends canary and ccb. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface Figures {
  readonly name: string;
  readonly outcome: string;
  readonly served: number;
  readonly stallMs: number;
  readonly ownLagMs: number;
  readonly descriptors: number;
  readonly residentMb: number;
}

/** Open descriptors of a process. */
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resident memory of a process, MB. */
export const residentMbOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Waits for another process, at most `seconds`; whether it happened. */
export async function within(seconds: number, check: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + seconds * 1000; ; await Bun.sleep(10)) {
    if (await check()) return true;
    if (performance.now() > deadline) return false;
  }
}

interface Canary {
  /** Of its upstream. */
  readonly url: string;
  begin(port: number): void;
  figures(): Promise<CanaryFigures>;
  end(): Promise<void>;
}

async function startCanary(): Promise<Canary> {
  const url = Promise.withResolvers<string>();
  let answer: ((figures: CanaryFigures) => void) | null = null;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "_canary.ts")], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    ipc(message: { readonly url?: string; readonly figures?: CanaryFigures }) {
      if (message.url !== undefined) url.resolve(message.url);
      if (message.figures !== undefined) answer?.(message.figures);
    },
  });
  void child.exited.then(() => url.reject(new Error("the canary ended")));
  return {
    url: await url.promise,
    begin: (port) => child.send({ port }),
    figures: async () =>
      await new Promise<CanaryFigures>((resolve) => {
        answer = resolve;
        child.send("figures");
      }),
    async end() {
      child.kill();
      await child.exited;
    },
  };
}

/** Starts the canary's upstream, ccb in front of it and of `providers`, and the canary. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { providers = [], oauth, settings = {}, routes = {}, ...rest } = options;
  const canary = await startCanary();
  const ccb = await startCcb({
    ...rest,
    config: {
      // Never chosen for others while one of theirs is there.
      providers: [...providers, keyed(canary.url, { name: "Healthy", priority: 1000 })],
      ...(oauth === undefined ? {} : { oauth }),
      routes: { "claude-canary": [{ provider: "Healthy" }], ...routes },
      settings: {
        log_level: "WARNING",
        ...settings,
        oauth: { enable_persistence: false, ...settings.oauth },
      },
    },
  }).catch(async (cause: unknown) => {
    await canary.end();
    throw cause;
  });
  const all: Figures[] = [];
  let dead = false;
  void ccb.exited.then(() => (dead = true));

  /** The figures once the canary has been served again: what went wrong at the very end would else not be seen. */
  const afterOneMore = async (): Promise<CanaryFigures> => {
    let { served, failures, stallMs, ownLagMs } = await canary.figures();
    const first = served;
    // One that began before may have passed the fault by.
    await within(10, async () => {
      const more = await canary.figures();
      served += more.served;
      failures = [...failures, ...more.failures];
      stallMs = Math.max(stallMs, more.stallMs);
      ownLagMs = Math.max(ownLagMs, more.ownLagMs);
      return dead || served >= first + 2;
    });
    return { served, failures, stallMs, ownLagMs };
  };

  // Its connections are part of how ccb was before the first fault.
  canary.begin(ccb.port);
  await afterOneMore();

  const rig: Rig = {
    ccb,
    async run(fault) {
      const warm = await canary.figures();
      expect({ fault: fault.name, before: warm.failures }).toEqual({ fault: fault.name, before: [] });
      const before = { descriptors: descriptorsOf(ccb.pid), residentMb: residentMbOf(ccb.pid) };
      const outcome = await fault.run(rig);
      const seen = await afterOneMore();
      if (dead) throw new Error(`${fault.name}: ccb ended\n${ccb.stdout}\n${ccb.stderr}`);
      const { descriptors = 8, residentMb = 40, stallMs = 500 } = fault;
      await within(15, () => descriptorsOf(ccb.pid) <= before.descriptors + descriptors);
      await within(10, () => residentMbOf(ccb.pid) <= before.residentMb + residentMb);
      const figures: Figures = {
        name: fault.name,
        outcome,
        served: seen.served,
        stallMs: seen.stallMs,
        ownLagMs: seen.ownLagMs,
        descriptors: descriptorsOf(ccb.pid) - before.descriptors,
        residentMb: residentMbOf(ccb.pid) - before.residentMb,
      };
      all.push(figures);
      expect({ outcome, disturbed: seen.failures }).toEqual({ outcome: fault.expect, disturbed: [] });
      expect(seen.served).toBeGreaterThan(1);
      expect(figures.descriptors).toBeLessThanOrEqual(descriptors);
      expect(figures.residentMb).toBeLessThanOrEqual(residentMb);
      // A machine that holds the canary up holds ccb up too.
      expect(figures.stallMs).toBeLessThanOrEqual(stallMs + 2 * seen.ownLagMs);
    },
    print(title) {
      const width = Math.max(10, ...all.map(({ name }) => name.length));
      const lines = all.map(
        (row) =>
          `${row.name.padEnd(width)} | ${row.stallMs.toFixed(0).padStart(5)} | ${row.ownLagMs.toFixed(0).padStart(4)} | ${signed(row.descriptors).padStart(3)} | ${signed(Math.round(row.residentMb)).padStart(6)} | ${String(row.served).padStart(6)} | ${row.outcome}`,
      );
      console.log(
        [`${title}: ${all.length} faults`, `${"fault".padEnd(width)} | stall |  lag | fds | RSS MB | canary | outcome`]
          .concat(lines)
          .join("\n"),
      );
    },
    async [Symbol.asyncDispose]() {
      await canary.end();
      await ccb[Symbol.asyncDispose]();
    },
  };
  return rig;
}

const signed = (count: number): string => (count > 0 ? `+${count}` : String(count));

/** A provider with a literal key. */
export { keyed };
