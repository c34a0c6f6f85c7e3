// The program: the environment put right first, then the command line.
import "./boot.ts";

// Loaded only now: the first of the two starts ends in boot.ts, and should not evaluate what it never uses.
const { run } = await import("./cli/program.ts");
const { exit } = await import("./cli/runtime.ts");

// Here and not beside the other ports: inside the binary the Worker's path is counted from the program's own folder.
const spawnKeyringWorker = (): Worker => new Worker(new URL("./vault/keyring-worker.ts", import.meta.url).href);

exit(await run(process.argv.slice(2), spawnKeyringWorker));
