// A command of the program as a person runs it: something to type into, something to read.
import { cleanEnvironment, requireBinary } from "../support/binary.ts";

export interface Typing {
  readonly stdout: string;
  readonly stderr: string;
  readonly pid: number;
  readonly exited: Promise<number>;
  type(text: string): void;
  /** Standard input has no more. */
  end(): void;
  kill(signal?: NodeJS.Signals): void;
  /** The first group of what stderr or stdout holds; waits for it, at most 10 s, and throws when the program ends without it. */
  seen(pattern: RegExp): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `ccb …` in a home. */
export function startTyping(args: readonly string[], home: string, env: Readonly<Record<string, string>> = {}): Typing {
  const child = Bun.spawn([requireBinary(), ...args], {
    cwd: home,
    env: cleanEnvironment(home, env),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 30_000,
  });
  const texts = { stdout: "", stderr: "" };
  const collect = async (name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of child[name]) texts[name] += decoder.decode(piece, { stream: true });
  };
  const collected = Promise.all([collect("stdout"), collect("stderr")]);
  const exited = child.exited.then(async (code) => {
    await collected;
    return code;
  });
  return {
    get stdout() {
      return texts.stdout;
    },
    get stderr() {
      return texts.stderr;
    },
    pid: child.pid,
    exited,
    type(text) {
      void child.stdin.write(text);
      void child.stdin.flush();
    },
    end: () => void child.stdin.end(),
    kill: (signal = "SIGTERM") => child.kill(signal),
    async seen(pattern) {
      for (const deadline = performance.now() + 10_000; performance.now() < deadline; await Bun.sleep(5)) {
        const found = pattern.exec(texts.stderr) ?? pattern.exec(texts.stdout);
        if (found !== null) return found[1] ?? found[0];
        if (child.exitCode !== null) break;
      }
      throw new Error(`not seen: ${pattern}\n--- stdout\n${texts.stdout}\n--- stderr\n${texts.stderr}`);
    },
    async [Symbol.asyncDispose]() {
      // Not its outputs: a program that it started may hold them still.
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The address of the page that brings the browser back by itself. */
export const BROWSER_ADDRESS = /^ {2}(http\S+redirect_uri=http%3A%2F%2Flocalhost\S+)$/m;
/** That of the page that shows a code. */
export const PASTE_ADDRESS = /^ {2}(http\S+redirect_uri=https\S+)$/m;
