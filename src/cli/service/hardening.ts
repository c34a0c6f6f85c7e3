// What a systemd service of ccb may not do. `systemd-analyze security` rates both units "OK" (1.7 or better).
import type { Line } from "./unit-text.ts";

/** seccomp and resource limits: they work for everybody, everywhere. */
const ALWAYS: readonly Line[] = [
  ["NoNewPrivileges", "yes"],
  ["LockPersonality", "yes"],
  ["RestrictRealtime", "yes"],
  ["RestrictSUIDSGID", "yes"],
  ["RestrictNamespaces", "yes"],
  "AF_NETLINK: the list of the machine's own addresses. AF_UNIX: the keyring, name look-ups, readiness.",
  ["RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"],
  ["SystemCallArchitectures", "native"],
  ["SystemCallFilter", "@system-service"],
  ["SystemCallFilter", "~@privileged @resources"],
  ["SystemCallErrorNumber", "EPERM"],
  ["UMask", "0077"],
  "A memory image would hold the tokens.",
  ["LimitCORE", "0"],
  "Two sockets a request.",
  ["LimitNOFILE", "65536"],
  "MemoryDenyWriteExecute= is not here: the JavaScript engine compiles at run time.",
];

/** Mount, user and host name namespaces: an ordinary user's manager needs a kernel that lets it make user namespaces. */
const NAMESPACES: readonly Line[] = [
  ["PrivateDevices", "yes"],
  ["ProtectSystem", "strict"],
  ["ProtectClock", "yes"],
  ["ProtectControlGroups", "yes"],
  ["ProtectHostname", "yes"],
  ["ProtectKernelLogs", "yes"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelTunables", "yes"],
  ["ProtectProc", "invisible"],
  ["ProcSubset", "pid"],
  ["KeyringMode", "private"],
  "Its own, writable and executable: the keyring's native code is unpacked there.",
  ["PrivateTmp", "yes"],
];

/** Else ProtectSystem=strict would leave the homes writable. The configuration is read there. */
const OWN_HOME: Line = ["ProtectHome", "read-only"];

const NO_RIGHTS: readonly Line[] = [
  // A person's manager may drop rights only inside of a user namespace: without it the unit ends with 218/CAPABILITIES.
  ["PrivateUsers", "yes"],
  ["CapabilityBoundingSet", ""],
];

/** For a person's own unit. `namespaces: false` leaves out what an ordinary user may not have on every machine. */
export const userHardening = (namespaces: boolean): readonly Line[] =>
  namespaces ? [...ALWAYS, ...NAMESPACES, OWN_HOME, ...NO_RIGHTS] : ALWAYS;

/** What a person's manager has to be able to do for it, as `systemd-run --property=` takes it. */
export const namespaceProperties: readonly string[] = [...NAMESPACES, OWN_HOME, ...NO_RIGHTS]
  .filter((line) => typeof line !== "string")
  .map(([key, value]) => `${key}=${value}`);

/** For the machine's unit. A port below 1024 takes one capability, which would mean nothing inside a user namespace. */
export const systemHardening = (lowPort: boolean): readonly Line[] => [
  ...ALWAYS,
  ...NAMESPACES,
  ["ProtectHome", "yes"],
  ["RemoveIPC", "yes"],
  ...(lowPort
    ? ([
        ["CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"],
        ["AmbientCapabilities", "CAP_NET_BIND_SERVICE"],
      ] as const)
    : NO_RIGHTS),
];
