// A real Secret Service of a test's own: dbus-daemon and gnome-keyring-daemon with private folders, no desktop needed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SecretService {
  /** The whole environment for a child process that uses this service. */
  readonly env: Record<string, string>;
  /** Closes the collection. Nobody answers its prompt, so it stays closed until `unlock` or `restart`. */
  lock(): Promise<void>;
  /** Opens it as a login does: the running daemon keeps its sessions and items. */
  unlock(): Promise<void>;
  /** SIGSTOP: the keyring daemon, or the bus itself, takes requests and answers none until `thaw`. */
  freeze(what?: "keyring" | "bus"): void;
  thaw(): void;
  /** The keyring daemon dies; the bus stays and starts no other (it has no service folders). */
  kill(): Promise<void>;
  /** A new daemon with the same folders, on the same bus. */
  restart(): Promise<void>;
  /** From now on every write of the daemon to a file fails, as on a full disk. */
  fillDisk(): Promise<void>;
  /** secret-tool, as another program of the same person would call it. Rejects where it fails. */
  tool(args: readonly string[], input?: string): Promise<string>;
  /** Ends both processes and removes the folders. */
  stop(): Promise<void>;
}

const BUS = "org.freedesktop.DBus";
const SECRETS = "org.freedesktop.secrets";

/** Runs a program to its end. Rejects with its words where it fails. */
async function run(command: readonly string[], env: Record<string, string>, input = ""): Promise<string> {
  const child = Bun.spawn([...command], {
    env,
    stdin: new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, error, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}: ${error}`);
  return out;
}

/** Asks until `check` says yes: for starting processes, whose time is their own. */
async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await Bun.sleep(10)) {
    if (await check().catch(() => false)) return;
  }
  throw new Error(`${what} did not come up`);
}

/** This process's environment without the desktop and the keyring that may be running here. */
function inherited(): Record<string, string> {
  const desktop = new Set(["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "SSH_AUTH_SOCK"]);
  const kept = Object.entries(process.env).filter(([name]) => !desktop.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""]));
}

/** What pam_gnome_keyring says to the daemon's control socket: a zero byte, then length, operation 1 (unlock), password. */
function unlockOver(socketPath: string, password: string): Promise<void> {
  const text = Buffer.from(password);
  const packet = Buffer.alloc(13 + text.length);
  packet.writeUInt32BE(12 + text.length, 1);
  packet.writeUInt32BE(1, 5);
  packet.writeUInt32BE(text.length, 9);
  text.copy(packet, 13);
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(packet));
    socket.on("error", reject);
    socket.on("data", (reply) => {
      socket.destroy();
      const result = reply.length < 8 ? -1 : reply.readUInt32BE(4);
      if (result === 0) resolve();
      else reject(new Error(`gnome-keyring-daemon did not unlock: ${result}`));
    });
  });
}

/** Starts the pair and proves by a write of another program that the collection is open. About 0.2 s. */
export async function startSecretService(options: { password?: string } = {}): Promise<SecretService> {
  const password = options.password ?? "test";
  const root = mkdtempSync(join(tmpdir(), "ccb-ss-"));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const address = `unix:path=${join(root, "bus")}`;
  const env: Record<string, string> = {
    ...inherited(),
    DBUS_SESSION_BUS_ADDRESS: address,
    XDG_DATA_HOME: folder("data"),
    XDG_CACHE_HOME: folder("cache"),
    XDG_CONFIG_HOME: folder("config"),
    XDG_STATE_HOME: folder("state"),
    XDG_RUNTIME_DIR: folder("run"),
  };

  const configuration = join(root, "bus.xml");
  writeFileSync(
    configuration,
    `<busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth><policy context="default">` +
      '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>',
  );
  const silent = { env, stdout: "ignore", stderr: "ignore" } as const;
  const bus = Bun.spawn(["dbus-daemon", "--nofork", `--config-file=${configuration}`], {
    ...silent,
    stdin: "ignore",
  });

  const call = (destination: string, method: string, ...args: string[]): Promise<string> => {
    const path = destination === SECRETS ? "/org/freedesktop/secrets" : "/org/freedesktop/DBus";
    return run(["dbus-send", `--bus=${address}`, "--print-reply", `--dest=${destination}`, path, method, ...args], env);
  };
  const owned = async (): Promise<boolean> =>
    (await call(BUS, `${BUS}.NameHasOwner`, `string:${SECRETS}`)).includes("true");
  const tool: SecretService["tool"] = (args, input) => run(["secret-tool", ...args], env, input);

  const startDaemon = async () => {
    // SIGXFSZ is ignored, so that `fillDisk` gives the daemon an error instead of an end.
    const command = 'trap "" XFSZ; exec gnome-keyring-daemon --unlock --components=secrets --foreground';
    const child = Bun.spawn(["sh", "-c", command], {
      ...silent,
      stdin: new Blob([password]),
    });
    await until("gnome-keyring-daemon", owned);
    // A wrong password leaves a closed collection and no error: only a write tells.
    await until(
      "the collection",
      async () => (await tool(["store", "--label=started", "ccb-started", "1"], "1")) === "",
    );
    return child;
  };

  let keyring: Awaited<ReturnType<typeof startDaemon>> | undefined;
  const end = async (child: Bun.Subprocess | undefined): Promise<void> => {
    child?.kill("SIGKILL"); // a stopped process takes this one too
    await child?.exited;
  };
  const endAll = (): void => {
    keyring?.kill("SIGKILL");
    bus.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  };
  process.on("exit", endAll); // a test run that is cut short leaves nothing behind either

  const stop = async (): Promise<void> => {
    process.off("exit", endAll);
    await end(keyring);
    await end(bus);
    rmSync(root, { recursive: true, force: true });
  };
  const kill = async (): Promise<void> => {
    await end(keyring);
    keyring = undefined;
    await until("a bus without a keyring", async () => !(await owned()));
  };

  try {
    await until("dbus-daemon", async () => (await call(BUS, `${BUS}.GetId`)) !== "");
    keyring = await startDaemon();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env,
    async lock() {
      await call(
        SECRETS,
        "org.freedesktop.Secret.Service.Lock",
        `array:objpath:/org/freedesktop/secrets/collection/login`,
      );
    },
    unlock: () => unlockOver(join(root, "run", "keyring", "control"), password),
    freeze: (what = "keyring") => (what === "bus" ? bus : keyring)?.kill("SIGSTOP"),
    thaw() {
      keyring?.kill("SIGCONT");
      bus.kill("SIGCONT");
    },
    kill,
    async restart() {
      await kill();
      keyring = await startDaemon();
    },
    async fillDisk() {
      await run(["prlimit", "--fsize=0:0", `--pid=${keyring?.pid}`], env);
    },
    tool,
    stop,
  };
}
