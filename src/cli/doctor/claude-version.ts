// Whether Claude Code is on this machine, and which one.
import { builtin } from "../../core/builtin.ts";
import { codeOf } from "../../core/errors.ts";
import type { Words } from "../../core/words/en.ts";
import { CHECK_MS } from "./bounded.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

/** A version is a word or two. */
const SHOWN = 80;

export interface VersionDeps {
  readonly words: Words;
  /** The path of a program; null: there is none of that name. */
  readonly find: (program: string) => string | null;
  /** As the person has it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs `claude --version`, at most 5 s. */
export function checkClaudeVersion({ words, find, env }: VersionDeps): Promise<Finding> {
  const { doctor } = words;
  const program = find("claude");
  if (program === null) return Promise.resolve(found("claude_code", "ok", doctor.claudeMissing));
  const options = { env, timeout: CHECK_MS, killSignal: "SIGKILL", maxBuffer: 64 * 1024, windowsHide: true } as const;
  return new Promise((resolve) => {
    const child = builtin.childProcess().execFile(program, ["--version"], options, (error, stdout) => {
      const version = stdout.trim().split("\n")[0]?.slice(0, SHOWN) ?? "";
      if (error === null && version !== "") {
        resolve(found("claude_code", "ok", doctor.claudeVersion({ version })));
        return;
      }
      const reason = error === null ? "-" : error.killed === true ? "5 s" : String(error.code ?? codeOf(error));
      resolve(found("claude_code", "warning", doctor.claudeFailed({ reason }), doctor.claudeFailedMend));
    });
    child.stdin?.end();
  });
}
