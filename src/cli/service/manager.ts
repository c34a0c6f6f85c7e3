// The service manager of this system: which file it reads, and the commands that take it up, drop it and show it.
import { posix } from "node:path";
import { namespaceProperties } from "./hardening.ts";
import { AGENT_LABEL, launchdPlist } from "./launchd.ts";
import { SERVICE_NAME } from "./plan.ts";
import type { Scope, ServicePlan } from "./plan.ts";
import { systemdUnit, UNIT_NAME } from "./systemd.ts";

/** A command of the manager. `mayFail`: its failure means that there was nothing to do. */
export interface Step {
  readonly command: readonly [program: string, ...args: string[]];
  readonly mayFail?: boolean;
}

export interface Manager {
  readonly kind: "systemd" | "launchd";
  /** Where the unit or the property list belongs. */
  readonly file: string;
  readonly text: (plan: ServicePlan) => string;
  /** After the file was written, new or again. */
  readonly start: readonly Step[];
  /** Before the file is removed. */
  readonly stop: readonly Step[];
  /** Between `stop` and the removal: what a system service kept. A person's own store is ccb's business. */
  readonly purge: readonly Step[];
  /** After the file was removed. */
  readonly removed: readonly Step[];
  /** Shows the state to the person; its exit code is the answer. */
  readonly status: Step;
  /** Exits 0 where the manager can be reached. */
  readonly reach: Step;
  /** Exits 0 where the manager can do all that the unit asks for; null: it always can. */
  readonly probe: Step | null;
}

export interface ManagerPlace {
  /** As in process.platform. */
  readonly platform: string;
  readonly scope: Scope;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly uid: number | undefined;
}

function systemd({ scope, env, home }: ManagerPlace): Manager {
  const user = scope === "user";
  const mode = user ? ["--user"] : [];
  const systemctl = (...args: string[]): Step => ({ command: ["systemctl", ...mode, ...args] });
  const own = env["XDG_CONFIG_HOME"];
  const base = own !== undefined && posix.isAbsolute(own) ? own : posix.join(home, ".config");
  return {
    kind: "systemd",
    file: posix.join(user ? posix.join(base, "systemd", "user") : "/etc/systemd/system", UNIT_NAME),
    text: systemdUnit,
    start: [systemctl("daemon-reload"), systemctl("enable", UNIT_NAME), systemctl("restart", UNIT_NAME)],
    stop: [{ ...systemctl("disable", "--now", UNIT_NAME), mayFail: true }],
    purge: user ? [] : [systemctl("clean", "--what=state", UNIT_NAME)],
    removed: [systemctl("daemon-reload"), { ...systemctl("reset-failed", UNIT_NAME), mayFail: true }],
    status: systemctl("status", "--no-pager", "--lines=20", UNIT_NAME),
    reach: systemctl("show-environment"),
    probe: user
      ? {
          command: [
            "systemd-run",
            ...mode,
            "--quiet",
            // Its start is over when it has ended: unlike --wait this needs no D-Bus daemon.
            "--property=Type=oneshot",
            "--collect",
            ...namespaceProperties.map((property) => `--property=${property}`),
            "/bin/sh",
            "-c",
            ":",
          ],
        }
      : null,
  };
}

function launchd({ home, uid }: ManagerPlace): Manager {
  const file = posix.join(home, "Library", "LaunchAgents", `${AGENT_LABEL}.plist`);
  const domain = `gui/${uid ?? ""}`;
  const bootout: Step = { command: ["launchctl", "bootout", `${domain}/${AGENT_LABEL}`], mayFail: true };
  return {
    kind: "launchd",
    file,
    text: launchdPlist,
    start: [
      bootout,
      { command: ["launchctl", "enable", `${domain}/${AGENT_LABEL}`] },
      { command: ["launchctl", "bootstrap", domain, file] },
    ],
    stop: [bootout],
    purge: [],
    removed: [],
    status: { command: ["launchctl", "print", `${domain}/${AGENT_LABEL}`] },
    reach: { command: ["launchctl", "print", domain] },
    probe: null,
  };
}

/** The manager for a scope, or null where ccb knows none: macOS has agents of a person only, Windows nothing alike. */
export function managerOf(place: ManagerPlace): Manager | null {
  if (place.platform === "linux") return systemd(place);
  if (place.platform === "darwin" && place.scope === "user") return launchd(place);
  return null;
}

/** What ccb prints as an agent goes here on macOS. */
export const agentLogFile = (home: string): string => posix.join(home, "Library", "Logs", `${SERVICE_NAME}.log`);
