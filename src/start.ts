// The command line, with what it needs of the real world. main.ts loads it in the second start only.
import { run } from "./cli/program.ts";
import { exit } from "./cli/runtime.ts";

// Here and not beside the other ports: inside the binary the Worker's path is counted from the program's own folder.
const spawnKeyringWorker = (): Worker => new Worker(new URL("./vault/keyring-worker.ts", import.meta.url).href);

exit(await run(process.argv.slice(2), spawnKeyringWorker));
