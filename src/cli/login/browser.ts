// Opening an address in the person's browser.
import { builtin } from "../../core/builtin.ts";

export interface Machine {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether a browser that is started here appears before the person who asked. */
export function hasBrowser({ platform, env }: Machine): boolean {
  const set = (name: string): boolean => (env[name] ?? "") !== "";
  if (set("SSH_CONNECTION") || set("SSH_TTY")) return false;
  return platform === "darwin" || platform === "win32" || set("DISPLAY") || set("WAYLAND_DISPLAY");
}

/** The address comes from the server, which may be another machine's: programs that open addresses start any program. */
export const isWebAddress = (address: string): boolean => /^https?:\/\/[^\s\p{C}]+$/u.test(address);

/** The program that opens an address, and its arguments. Never a shell: an address holds characters that one would obey. */
function openerOf(platform: string, address: string): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open", address];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", address];
  return ["xdg-open", address];
}

/** Starts the browser and leaves it alone. Resolves false where that failed at once. */
export function openBrowser(
  platform: string,
  env: Readonly<Record<string, string>>,
  address: string,
): Promise<boolean> {
  const [command, ...args] = openerOf(platform, address);
  return new Promise((resolve) => {
    const child = builtin.childProcess().spawn(command, args, { env: { ...env }, detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
    child.once("spawn", () => child.unref());
  });
}
