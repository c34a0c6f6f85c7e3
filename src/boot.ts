// The first thing that runs. Some of Bun's switches are read from the environment at process start only, so ccb starts
// itself once more with the right ones. It imports nothing: nothing else may have run before.

/** Bun runs at most 256 fetches at once per process unless this says otherwise: number 257 would wait without an error. */
const MAX_FETCHES = "65535";

const FEW_CORES = 2;
const WITH_FEW_CORES = {
  /**
   * A thread of the collector touches memory ahead of its use. Where no core is free for that it is in the way of the
   * thread that it works for, most of all after a burst.
   */
  BUN_JSC_useWarmUpMarkedBlocks: "0",
};

/** What suits a server that rests most of the day better than Bun's own choice. A person's choice goes before it. */
const TUNED = {
  /**
   * How long the allocator keeps memory that was freed before it gives it back to the system, milliseconds. Its own hundred
   * are less than the time to the next large request: each page would be taken from the system anew, which costs an
   * upload of a megabyte more than everything else that is done with it.
   */
  MIMALLOC_PURGE_DELAY: "10000",
  /**
   * How often the unused parts of pages that are in use are looked for and given back, milliseconds. Ten times a second, as
   * the allocator does it, they are the ones that the next requests take anew; and while a client keeps its connection
   * open, a program that rests is woken up every second and would look each time. Not much longer: what a burst leaves
   * there is the machine's again soon.
   */
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: "5000",
  /**
   * How often a heap that hardly changes is collected, milliseconds. Bun does it every second: of a program that rests
   * that is most of what it costs. One that works is collected by what it allocates.
   */
  BUN_GC_TIMER_INTERVAL: "60000",
  /**
   * After how long a rest, seconds, the whole heap is collected, code that was not used is let go of, and (the second time)
   * what can be read from the file again leaves memory. Bun begins after ten seconds: between two requests of one
   * conversation that is work for nothing, and the next one finds less than before.
   */
  BUN_IDLE_GC_SECONDS: "120,480",
  ...(navigator.hardwareConcurrency <= FEW_CORES && WITH_FEW_CORES),
};

/**
 * Never inherited: the first accepts any server's certificate, the second prints bearers, the third runs code; the
 * proxy variables would override a provider's own setting (NO_PROXY beats an explicit proxy in Bun).
 */
const DROPPED = [
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "BUN_CONFIG_VERBOSE_FETCH",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_PRELOAD",
];
/** What `ccb run` gives back to the client that it starts: the variables as they were; null: there was none. */
const TAKEN = "CCB_TAKEN_ENVIRONMENT";
const PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/** Marks the second start. It names the process, or a program started by ccb would take itself for booted. */
const MARK = "CCB_BOOTED";

const { env, pid, ppid, platform } = process;
const booted = env[MARK] === String(pid) || (platform === "win32" && env[MARK] === String(ppid));

if (!booted) {
  const next = { ...env };
  const taken: Record<string, string | null> = {};
  const take = (name: string): void => {
    taken[name] = next[name] ?? null;
    delete next[name];
  };
  const proxies: Record<string, string> = {};
  for (const name of PROXIES) {
    const value = env[name] ?? env[name.toUpperCase()];
    if (value !== undefined && value !== "") proxies[name] = value;
    take(name);
    take(name.toUpperCase());
  }
  for (const name of [...DROPPED, "BUN_CONFIG_MAX_HTTP_REQUESTS"]) take(name);
  // Handed back to a client as they were.
  for (const name of Object.keys(TUNED)) take(name);
  next[TAKEN] = JSON.stringify(taken);
  next["CCB_PROXY_ENVIRONMENT"] = JSON.stringify(proxies);
  next["BUN_CONFIG_MAX_HTTP_REQUESTS"] = MAX_FETCHES;
  for (const [name, value] of Object.entries(TUNED)) next[name] = env[name] ?? value;
  next[MARK] = String(pid);
  // Compiled, the second argument is a path inside the binary; the program finds it again by itself.
  const compiled = import.meta.url.includes("$bunfs") || import.meta.url.includes("~BUN");
  const command = [process.execPath, ...(compiled ? [] : process.execArgv), ...process.argv.slice(compiled ? 2 : 1)];
  if (platform === "win32" || process.execve === undefined) {
    const child = Bun.spawn(command, { env: next, stdio: ["inherit", "inherit", "inherit"] });
    process.exit(await child.exited);
  }
  process.execve(process.execPath, command, next);
}

export {};
