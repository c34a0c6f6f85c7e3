// One notice on the desktop, by the program that the system has for that: an argument vector, never a shell.
import type { Delivery } from "./outbox.ts";

const TITLE = "ccb";

/** What is asked of the machine. */
export interface DesktopPorts {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of a program; null: there is none of this name. */
  readonly find: (program: string) => string | null;
  /** Runs a program, bounded in time; resolves its exit code, and rejects where it cannot be started. */
  readonly run: (command: readonly string[]) => Promise<number>;
}

/** AppleScript takes the words as arguments, so nothing in them is script. */
const SCRIPT = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"].flatMap(
  (line) => ["-e", line],
);

/** Notification servers read the text as markup. */
const escapeMarkup = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const hasValue = (text: string | undefined): boolean => text !== undefined && text !== "";

/** The command that shows the text; null: this machine has no desktop, or no program for it. */
export function desktopCommand({ platform, env, find }: Omit<DesktopPorts, "run">, text: string): string[] | null {
  if (platform === "darwin") {
    const program = find("osascript");
    return program === null ? null : [program, ...SCRIPT, TITLE, text];
  }
  const session = hasValue(env["WAYLAND_DISPLAY"]) || hasValue(env["DISPLAY"]);
  if (platform !== "linux" || !session) return null;
  const program = find("notify-send");
  return program === null ? null : [program, `--app-name=${TITLE}`, "--", TITLE, escapeMarkup(text)];
}

/** Shows a notice. Never rejects. Where there is no desktop, that is no failure. */
export async function showNotice(ports: DesktopPorts, text: string): Promise<Delivery> {
  const command = desktopCommand(ports, text);
  if (command === null) return { ok: true };
  try {
    const code = await ports.run(command);
    return code === 0 ? { ok: true } : { ok: false, code: `exit_${code}`, again: false };
  } catch {
    return { ok: false, code: "not_started", again: false };
  }
}
