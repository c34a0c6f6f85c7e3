// Processes of the bench: servers, which print their port as the first line of their output, and clients, which print
// what they measured.
import { join } from "node:path";

/** SIGKILL ends it. */
export interface Child extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

const running = new Set<Bun.Subprocess>();

/** A child that does not outlive this process, whatever ends it. */
export function track<Process extends Bun.Subprocess>(child: Process): Process {
  running.add(child);
  void child.exited.then(() => running.delete(child));
  return child;
}

/**
 * For the beginning of the main module. Loopback needs no proxy, and one in the environment would be measured along: Bun
 * reads these at each fetch. And an end by a signal takes the children along.
 */
export function prepareProcess(): void {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
    delete process.env[name];
  process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
}

/** Bun sends at most 256 requests at once unless told otherwise before it starts. */
export const MANY_REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };

/** Starts `bun bench/FILE …` and waits for its port. */
export async function startChild(file: string, args: readonly string[] = []): Promise<Child> {
  const child = track(
    Bun.spawn([process.execPath, join(import.meta.dir, file), ...args], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, ...MANY_REQUESTS },
    }),
  );
  return {
    url: `http://127.0.0.1:${Number(await nextLine(file, linesOf(child.stdout)))}`,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The lines of what a child prints, as they come. */
async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of output) {
    const lines = (text + decoder.decode(piece, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

/** Rejects where the child ends before it has printed one. */
async function nextLine(file: string, lines: AsyncGenerator<string, undefined>): Promise<string> {
  const { value } = await lines.next();
  if (value === undefined) throw new Error(`${file} ended without the line that it should print`);
  return value;
}

/** A client that holds something until it is told to let go. */
export interface Holder extends AsyncDisposable {
  /** Resolves with the line that it prints then. */
  release(): Promise<string>;
}

/** Starts `bun bench/FILE ORDER` and waits for its first line. */
export async function startHolder(file: string, order: unknown): Promise<Holder> {
  const child = track(
    Bun.spawn([process.execPath, join(import.meta.dir, file), JSON.stringify(order)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    }),
  );
  const lines = linesOf(child.stdout);
  await nextLine(file, lines);
  return {
    release: async () => {
      await child.stdin.end();
      return await nextLine(file, lines);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Runs `bun bench/FILE ORDER` to its end and gives what it printed, which is of the bench's own making. */
export async function runClient<Result>(file: string, order: unknown): Promise<Result> {
  const child = track(
    Bun.spawn([process.execPath, join(import.meta.dir, file), JSON.stringify(order)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  const [output, problems, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${problems}`);
  const result: Result = JSON.parse(output);
  return result;
}
