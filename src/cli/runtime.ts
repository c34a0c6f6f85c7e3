// The real world behind the ports: the one place that binds globals, besides main.ts.
import { networkInterfaces, homedir, userInfo } from "node:os";
import { readFileSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { RouteOf } from "../app.ts";
import { outboundProxy } from "../config/outbound.ts";
import type { ProxyEnvironment } from "../config/outbound.ts";
import { builtin } from "../core/builtin.ts";
import { codeOf } from "../core/errors.ts";
import type { Clock, Fetch, Random } from "../core/ports.ts";
import type { DesktopPorts } from "../notify/desktop.ts";

/** Shared by all who wait for it. */
let nextTurn: Promise<void> | null = null;
const startTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(() => {
      nextTurn = null;
      resolve();
    });
  });

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  turn: () => (nextTurn ??= startTurn()),
};

const WHOLE_MS = 5_000;

/**
 * For what looks at something again and again: the timers of five seconds and more are due at whole fives, so that one
 * wake-up serves them all.
 */
export const houseClock: Clock = {
  ...realClock,
  after(milliseconds, callback) {
    if (milliseconds < WHOLE_MS) return realClock.after(milliseconds, callback);
    const now = realClock.monotonic();
    return realClock.after(Math.round((now + milliseconds) / WHOLE_MS) * WHOLE_MS - now, callback);
  },
};

/** Stands still, the event loop with it. */
export const rest = (milliseconds: number): void => Bun.sleepSync(milliseconds);

export const realRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => Math.random(),
};

export const realFetch: Fetch = (url, init) => fetch(url, init);

/**
 * Makes Bun start the thread that all its fetches share, by a request to a socket that is not there. Bun starts it with
 * the first fetch, and ends the whole process where no descriptor is left for it at that moment (seen by experiment).
 */
export async function startFetchThread(): Promise<void> {
  try {
    await fetch("http://localhost/", { unix: "/nonexistent/ccb" });
  } catch {
    // As intended.
  }
}

let lastFingerprint = "";

/** Changes with the machine's addresses: another network, a VPN that came or went. */
export function networkFingerprint(): string {
  try {
    lastFingerprint = Object.entries(networkInterfaces())
      .flatMap(([name, addresses]) => (addresses ?? []).map(({ address }) => `${name} ${address}`))
      .toSorted()
      .join(",");
  } catch {
    // No descriptor is left to ask with, say: that says nothing about the network.
  }
  return lastFingerprint;
}

export const environment: Readonly<Record<string, string | undefined>> = process.env;
export const platform: string = process.platform;
export const pid: number = process.pid;
/** The binary's own path; null where ccb runs from its source. */
export const executable: string | null = /\$bunfs|~BUN/.test(import.meta.url) ? process.execPath : null;
export const workingDirectory = (): string => process.cwd();
export const homeDirectory = (): string => homedir();
export const userId = (): number | undefined => process.getuid?.();

/**
 * What tells the operating system's users apart: the number where there is one. Not the name: Bun takes that from
 * $USER, which a service, a container or `sudo` sets or leaves out as it likes.
 */
export const userKey = (): string => String(userId() ?? userInfo().username);

/** LC_ALL, LC_MESSAGES, LANG as POSIX ranks them; where there are no such variables, the system's own locale. */
export function locale(): string | undefined {
  const { LC_ALL, LC_MESSAGES, LANG } = environment;
  const named = [LC_ALL, LC_MESSAGES, LANG].find((value) => value !== undefined && value !== "");
  if (named !== undefined || platform === "linux") return named;
  return new Intl.DateTimeFormat().resolvedOptions().locale;
}

/** Switches off what Bun would read from the environment. */
const NO_PROXY = false;

const ProxySchema = Type.Partial(
  Type.Object({
    http_proxy: Type.String(),
    https_proxy: Type.String(),
    all_proxy: Type.String(),
    no_proxy: Type.String(),
  }),
);

/** The proxy variables that boot.ts took out of the environment. */
export function proxyEnvironment(): ProxyEnvironment {
  const value: unknown = JSON.parse(environment["CCB_PROXY_ENVIRONMENT"] ?? "{}");
  return Value.Check(ProxySchema, value) ? value : {};
}

const TakenSchema = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]));

/** The environment as the person has it: for programs that ccb starts, without what boot.ts put there or took out. */
export function originalEnvironment(): Record<string, string> {
  const parsed: unknown = JSON.parse(environment["CCB_TAKEN_ENVIRONMENT"] ?? "{}");
  const taken = Value.Check(TakenSchema, parsed) ? parsed : {};
  const own = ["CCB_BOOTED", "CCB_PROXY_ENVIRONMENT", "CCB_TAKEN_ENVIRONMENT"];
  const original: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...environment, ...taken }))
    if (typeof value === "string" && !own.includes(name)) original[name] = value;
  return original;
}

/**
 * Which proxy and which authorities an address needs. A provider's own proxy is never bypassed; `false` switches off
 * what Bun would read from the environment. The authorities of `caFile` come on top of the built-in ones.
 */
export function createRouting(caFile: string | null): RouteOf {
  const proxies = proxyEnvironment();
  const tls = caFile === null ? {} : { tls: { ca: [...builtin.tls().rootCertificates, readFileSync(caFile, "utf8")] } };
  return (url, explicit) => ({
    proxy: outboundProxy(url, explicit, proxies)?.reveal() ?? NO_PROXY,
    ...tls,
  });
}

export const input = (): NodeJS.ReadStream => process.stdin;
export const residentBytes = (): number => process.memoryUsage.rss();

/** Collects the whole heap and lets go of compiled code: after a busy time that is an eighth of all memory. */
export const releaseMemory = (): void => Bun.shrink();

/** A program that only shows something is done by then, milliseconds. */
const QUIET_PROGRAM_MS = 5_000;

/** Runs a program that nobody reads and that reads nothing; resolves its exit code. Rejects where it cannot be started. */
async function runQuietly(command: readonly string[]): Promise<number> {
  const child = Bun.spawn([...command], {
    stdio: ["ignore", "ignore", "ignore"],
    env: originalEnvironment(),
    timeout: QUIET_PROGRAM_MS,
  });
  child.unref();
  return child.exited;
}

export const desktop: DesktopPorts = {
  platform,
  env: environment,
  find: (program) => Bun.which(program),
  run: runQuietly,
};

type Output = "stdout" | "stderr";

/** Those that something was written to. */
const opened = new Set<Output>();
let tolerant = false;
const tolerate = (name: Output): void => void process[name].on("error", () => {});

/** A stream of the process, opened with the first text for it: that takes as long as the configuration takes to be read. */
function open(name: Output): NodeJS.WriteStream {
  const stream = process[name];
  if (!opened.has(name)) {
    opened.add(name);
    if (tolerant) tolerate(name);
  }
  return stream;
}

/** From here on a reader of the output that goes away is no reason to end. */
export function tolerateClosedOutput(): void {
  if (tolerant) return;
  tolerant = true;
  for (const name of opened) tolerate(name);
}

export const writeError = (text: string): void => void open("stderr").write(text);
/** A reader that has stopped reading must not fill the memory, bytes. */
const UNREAD_LIMIT = 16 * 1024 * 1024;

/** Pieces of output that are on their way, and what the last one that was lost was lost by. */
const unwritten: { count: number; failure: string | null; onNone: () => void } = {
  count: 0,
  failure: null,
  onNone: () => {},
};

export function writeOutput(text: string): void {
  const output = open("stdout");
  if (output.writableLength >= UNREAD_LIMIT) return;
  unwritten.count += 1;
  output.write(text, (error) => {
    if (error !== null && error !== undefined) unwritten.failure = codeOf(error);
    unwritten.count -= 1;
    if (unwritten.count === 0) unwritten.onNone();
  });
}
export const outputIsTerminal = (): boolean => process.stdout.isTTY && (environment["NO_COLOR"] ?? "") === "";
/** Columns of a terminal that a text takes: a Chinese character takes two. */
export const textWidth = (text: string): number => Bun.stringWidth(text);
export const inputIsTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;
/** Asks on the terminal, and resolves what was typed; null: the input ended. */
export async function ask(question: string): Promise<string | null> {
  const terminal = builtin.readline().createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      terminal.once("close", () => resolve(null));
      terminal.question(question, resolve);
    });
  } finally {
    terminal.close();
  }
}
/** Calls back when who reads the output has gone. */
export const onOutputClosed = (callback: () => void): void => void process.stdout.once("error", callback);
export const errorIsTerminal = (): boolean => process.stderr.isTTY && (environment["NO_COLOR"] ?? "") === "";

/**
 * Resolves when what was written is out: a pipe takes 64 kB, and the end of the process throws the rest away. Ctrl-C
 * ends the wait for who does not read. Gives the code of what went wrong; null: nothing, or nobody reads it any more.
 */
export async function outputEnd(): Promise<string | null> {
  const rest = stayAlive();
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
  unwritten.onNone = resolve;
  if (unwritten.count > 0) await promise;
  process.off("SIGINT", resolve);
  process.off("SIGTERM", resolve);
  rest();
  return unwritten.failure === "EPIPE" ? null : unwritten.failure;
}

/** Keeps the process alive while it waits for what does not: timers of the clock port never do. */
export function stayAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30);
  return () => clearInterval(timer);
}

export function exit(code: number): never {
  process.exit(code);
}
