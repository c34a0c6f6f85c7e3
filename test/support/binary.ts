// The compiled program as a child process, in a home of its own.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

/** Another one where TEST_BINARY names it. */
const BINARY = process.env["TEST_BINARY"] ?? join(import.meta.dir, "..", "..", "dist", "ccb");

/** Throws a clear error when the binary was not built. */
export function requireBinary(binary: string = BINARY): string {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run "make build" first`);
  return binary;
}

/** The usual configuration in pieces; what is left out is left out of the file, too. */
export interface ConfigPieces {
  /** base_url of one provider with `auth_value: oauth`. */
  readonly upstream?: string;
  /** Of an OAuth server: goes to settings.oauth. */
  readonly oauth?: { readonly authorizeUrl: string; readonly tokenUrl: string };
  /** In place of the one provider. */
  readonly providers?: readonly unknown[];
  /** `model_routes`. */
  readonly routes?: Readonly<Record<string, unknown>>;
  /** Merged over the rest, `oauth` key by key. */
  readonly settings?: {
    readonly oauth?: Readonly<Record<string, unknown>>;
    readonly [key: string]: unknown;
  };
}

export interface CcbOptions {
  /** YAML text, or pieces of the usual configuration. */
  readonly config: string | ConfigPieces;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  readonly binary?: string;
  /** The home of an earlier start, so that a second one finds its state. It is then not removed. */
  readonly home?: string;
  readonly port?: number;
  /** false: do not wait for /health, say because it is meant to fail. */
  readonly wait?: boolean;
}

export interface Ccb {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  readonly configFile: string;
  readonly stdout: string;
  readonly stderr: string;
  /** 128 + n after signal n. */
  readonly exited: Promise<number>;
  request(path: string, init?: BunFetchRequestInit): Promise<Response>;
  /** Signals (SIGTERM unless told otherwise) and gives back the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Resolves when stdout or stderr holds the text; rejects after 10 s or when the process ended without it. */
  output(text: string): Promise<void>;
  /** Kills it if it runs still, and removes the home it made. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The configuration file's text. */
export function configText(config: string | ConfigPieces): string {
  if (typeof config === "string") return config;
  const oauth = {
    ...(config.oauth ? { authorize_url: config.oauth.authorizeUrl, token_url: config.oauth.tokenUrl } : {}),
    ...config.settings?.oauth,
  };
  const provider = {
    name: "Claude Code Official",
    type: "anthropic",
    base_url: config.upstream,
    auth_type: "auth_token",
    auth_value: "oauth",
    enabled: true,
  };
  return stringify({
    providers: config.providers ?? [provider],
    ...(config.routes === undefined ? {} : { model_routes: config.routes }),
    settings: { ...config.settings, oauth },
  });
}

/** The environment of a child that must see nothing of the machine's own user: no keyring, no proxy, no locale. */
export function cleanEnvironment(home: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_STATE_HOME: join(home, ".local", "state"),
    XDG_DATA_HOME: join(home, ".local", "share"),
    XDG_CACHE_HOME: join(home, ".cache"),
    // Else libdbus would find the machine's own bus there.
    XDG_RUNTIME_DIR: join(home, "run"),
    LANG: "en_US.UTF-8",
    ...more,
  };
}

/** A new empty home folder. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "ccb-test-"));
  mkdirSync(join(home, "run"), { mode: 0o700 });
  return home;
}

/** Below what systems give to connections of their own accord (Linux from 32768, others from 49152): else one of those takes it first. */
const PORTS = { from: 12_000, to: 32_000 };

/** A port that was free on 127.0.0.1 and ::1 a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if ((await isFree("127.0.0.1", port)) && (await isFree("::1", port))) return port;
  }
}

/** A machine without ::1 counts as free there. */
async function isFree(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code !== "EADDRINUSE"));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end: `runCcb(["check", "--config", file])`. Killed after 20 s. */
export async function runCcb(
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly home?: string;
    readonly cwd?: string;
    readonly binary?: string;
  } = {},
): Promise<Finished> {
  const home = options.home ?? makeHome();
  const child = Bun.spawn([requireBinary(options.binary), ...args], {
    cwd: options.cwd ?? home,
    env: cleanEnvironment(home, options.env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  return { code, stdout, stderr };
}

/** Starts `ccb serve --config FILE --port N` and waits until /health answers; throws with its output when it ends before that. */
export async function startCcb(options: CcbOptions): Promise<Ccb> {
  const binary = requireBinary(options.binary);
  const home = options.home ?? makeHome();
  const port = options.port ?? (await freePort());
  const configFile = join(home, "providers.yaml");
  writeFileSync(configFile, configText(options.config), { mode: 0o600 });
  const child = Bun.spawn([binary, "serve", "--config", configFile, "--port", String(port), ...(options.args ?? [])], {
    cwd: home,
    env: cleanEnvironment(home, options.env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = { stdout: "", stderr: "" };
  const collect = async (name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of child[name]) texts[name] += decoder.decode(piece, { stream: true });
  };
  const collected = Promise.all([collect("stdout"), collect("stderr")]);
  const url = `http://127.0.0.1:${port}`;
  const running = (): boolean => child.exitCode === null && child.signalCode === null;

  /** Polls until `ready`; the world outside the process gives no event to wait for. */
  const until = async (what: string, limitMs: number, ready: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + limitMs;
    while (!(await ready())) {
      if (!running()) await collected;
      const problem = running()
        ? performance.now() > deadline
          ? `within ${limitMs} ms`
          : undefined
        : (await ready())
          ? undefined
          : `before it ended with ${child.exitCode ?? child.signalCode}`;
      if (problem !== undefined)
        throw new Error(`ccb: no ${what} ${problem}\n--- stdout\n${texts.stdout}\n--- stderr\n${texts.stderr}`);
      if (running()) await Bun.sleep(10);
    }
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number> => {
    if (running()) child.kill(signal);
    const code = await child.exited;
    await collected;
    return code;
  };
  const dispose = async (): Promise<void> => {
    await stop("SIGKILL");
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  const healthy = async (): Promise<boolean> => {
    try {
      // No pool: a connection kept open would count as one of the program's clients.
      const response = await fetch(`${url}/health`, {
        keepalive: false,
        proxy: false,
        signal: AbortSignal.timeout(1000),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  };

  if (options.wait !== false) {
    try {
      await until("answer on /health", 15_000, healthy);
    } catch (cause) {
      await dispose();
      throw cause;
    }
  }
  return {
    url,
    port,
    pid: child.pid,
    home,
    configFile,
    get stdout() {
      return texts.stdout;
    },
    get stderr() {
      return texts.stderr;
    },
    exited: child.exited,
    request: async (path, init) => await fetch(url + path, init),
    stop,
    kill: async () => {
      await stop("SIGKILL");
    },
    output: async (text) =>
      await until(
        `output ${JSON.stringify(text)}`,
        10_000,
        () => texts.stdout.includes(text) || texts.stderr.includes(text),
      ),
    [Symbol.asyncDispose]: dispose,
  };
}
