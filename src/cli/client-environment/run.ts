// ccb run: a client, with the environment that points it at ccb, in the place of ccb itself as far as that goes.
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { builtin } from "../../core/builtin.ts";
import { CcbError, codeOf } from "../../core/errors.ts";
import type { Words } from "../../core/words/en.ts";
import { KEY_CODES } from "../client.ts";
import { EXIT_FAILURE } from "../configuration.ts";
import { withServer } from "../connect.ts";
import type { ServerFlags } from "../connect.ts";
import { AliveSchema } from "../login/ways.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";
import { passSignals } from "../signals.ts";
import { variablesOf } from "./env.ts";

/** What a shell answers for a command that is not there, and for one that cannot be run. */
const EXIT_NOT_FOUND = 127;
const EXIT_NOT_RUNNABLE = 126;
/** The exit code of a program that signal n ended, as shells say it, is this and n. */
const SIGNAL_BASE = 128;

/** A client has its own key in the variables that point it here. */
const OWN_SECRETS = ["CCB_KEY", "CCB_STORE_KEY_FILE"];

function codeOfEnd(code: number | null, signal: NodeJS.Signals | null): number {
  if (signal !== null) return SIGNAL_BASE + (constants.signals[signal] ?? 0);
  return code ?? EXIT_FAILURE;
}

/** Starts the client and waits for its end. Resolves its exit code. */
function start(name: string, args: readonly string[], env: Record<string, string>, words: Words): Promise<number> {
  return new Promise((resolve) => {
    let child: ChildProcess | null = null;
    // First: a signal that came between would end ccb and leave the client without it.
    const release = passSignals(runtime.input().isTTY, (signal) => void child?.kill(signal));
    function failed(error: unknown): void {
      release();
      const reason = codeOf(error);
      const missing = reason === "ENOENT";
      const { notFound, notRunnable } = words.signIn;
      const text = missing ? notFound({ command: name }) : notRunnable({ command: name, reason });
      createScreen(runtime.writeError, false).lines(text);
      resolve(missing ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
    }
    try {
      child = builtin.childProcess().spawn(name, [...args], { env, stdio: "inherit" });
    } catch (error) {
      // A name that is none, such as an empty one, is thrown at once.
      failed(error);
      return;
    }
    child.once("error", failed);
    child.once("exit", (code, signal) => {
      release();
      resolve(codeOfEnd(code, signal));
    });
  });
}

/** Runs a client. Resolves its exit code; 1 where no server answers, 127 where there is no such program. */
export function runClient(name: string, args: readonly string[], flags: ServerFlags): Promise<number> {
  return withServer(flags, async (connection) => {
    try {
      await connection.client.get("/health", AliveSchema);
    } catch (error) {
      // A server that asks for a key is there; whether the client's is good, the client will see.
      if (!(error instanceof CcbError && KEY_CODES.has(error.code))) throw error;
    }
    const env = { ...runtime.originalEnvironment(), ...variablesOf(connection, flags) };
    // What is for ccb alone: a client runs tools that others wrote.
    for (const name of OWN_SECRETS) delete env[name];
    return start(name, args, env, connection.words);
  });
}
