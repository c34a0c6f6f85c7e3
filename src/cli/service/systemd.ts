// The systemd unit of ccb, generated: nothing secret is in it, since everybody on the machine may read it.
import { dirname } from "node:path";
import { systemHardening, userHardening } from "./hardening.ts";
import { SERVICE_NAME, serveArguments, stopSeconds, STORE_KEY_CREDENTIAL } from "./plan.ts";
import type { ServicePlan } from "./plan.ts";
import { commandLine, escapeSpecifiers, quoteWord, unitText } from "./unit-text.ts";
import type { Line } from "./unit-text.ts";

export const UNIT_NAME = `${SERVICE_NAME}.service`;

/** An event loop that says nothing for so long is stuck, seconds; ccb pings three times as often (notify.ts). */
const WATCHDOG_SECONDS = 60;
/** From the start to READY: the port and the lock; ccb does not wait for the keyring, seconds. */
const START_SECONDS = 60;
/** Ports below it are the system's. */
const FIRST_FREE_PORT = 1024;

/** The user that systemd makes for a system service, and the folders that stay when it is gone. */
const SYSTEM_PLACE: readonly Line[] = [
  "A user of its own, made at the start; what it keeps is in /var/lib/ccb.",
  ["DynamicUser", "yes"],
  ["StateDirectory", SERVICE_NAME],
  ["StateDirectoryMode", "0700"],
  ["Environment", "HOME=%S/ccb XDG_STATE_HOME=%S"],
];

/** A folder for native code that nobody else can write to, even where there is no private /tmp. */
const RUNTIME_PLACE: readonly Line[] = [
  ["RuntimeDirectory", SERVICE_NAME],
  ["RuntimeDirectoryMode", "0700"],
];

/** Where a person's own service runs: as that person, beside the person's own files. */
function userPlace(plan: ServicePlan): readonly Line[] {
  const writable = [plan.stateDirectory, ...(plan.socket === null ? [] : [dirname(plan.socket)])];
  return [
    ...(plan.stateHome === null ? [] : ([["Environment", quoteWord(`XDG_STATE_HOME=${plan.stateHome}`)]] as const)),
    ...(plan.namespaces
      ? ([["ReadWritePaths", writable.map((path) => quoteWord(`-${path}`)).join(" ")]] as const)
      : ([["Environment", "BUN_TMPDIR=%t/ccb"]] as const)),
  ];
}

/** The text of the unit file. Every path of the plan must be absolute and plain (`isPlain`). */
export function systemdUnit(plan: ServicePlan): string {
  const system = plan.scope === "system";
  const lowPort = plan.port > 0 && plan.port < FIRST_FREE_PORT;
  return unitText({
    Unit: [
      ["Description", "Claude Code Balancer"],
      ...(system
        ? ([
            ["Wants", "network-online.target"],
            ["After", "network-online.target nss-lookup.target"],
          ] as const)
        : []),
    ],
    Service: [
      ["Type", "notify"],
      ["NotifyAccess", "main"],
      ["ExecStart", commandLine([plan.program, ...serveArguments(plan)])],
      ["ExecReload", "kill -HUP $MAINPID"],
      ["Restart", "on-failure"],
      ["RestartSec", "2"],
      "A wrong configuration does not mend itself.",
      ["RestartPreventExitStatus", "2"],
      ["TimeoutStartSec", String(START_SECONDS)],
      "Longer than settings.shutdown_grace_seconds, so that streams can end; ccb asks for more if that was raised.",
      ["TimeoutStopSec", String(stopSeconds(plan.graceSeconds))],
      ["WatchdogSec", String(WATCHDOG_SECONDS)],
      ...RUNTIME_PLACE,
      ...(system ? SYSTEM_PLACE : userPlace(plan)),
      "NAME=value lines for ${NAME} of providers.yaml, readable by their owner alone. It may be missing.",
      ["EnvironmentFile", `-${escapeSpecifiers(plan.environmentFile)}`],
      ...(plan.storeKey === null
        ? []
        : ([["LoadCredential", `${STORE_KEY_CREDENTIAL}:${escapeSpecifiers(plan.storeKey)}`]] as const)),
      ...(system ? systemHardening(lowPort) : userHardening(plan.namespaces)),
    ],
    Install: [["WantedBy", system ? "multi-user.target" : "default.target"]],
  });
}
