// Which file proves what about the machine: fault × expected outcome, and the test of that name. table.test.ts holds
// it against the files.

export interface Proof {
  readonly fault: string;
  readonly outcome: string;
  /** Under test/, without `.test.ts`. */
  readonly file: string;
  /** Words of the test's name, or of the row in it. */
  readonly row: string;
}

const KEYRING = "chaos/keyring.keyring";
const TROUBLE = "keyring/trouble.keyring";
const MACHINE = "chaos/machine";
const MOUNT = "chaos/machine.mount";
const CLOCK = "chaos/clock.faketime";
const MEMORY = "served from memory, said to be not durable; written by itself when it is over";
const WAIT = "503 with retry-after, no sign-in asked for; the accounts appear by themselves";
const SAFE = "503, nothing was sent; served by itself when it is over";

export const MACHINE_TABLE: readonly Proof[] = [
  { fault: "keyring absent, no bus", outcome: "401, sign-in works from memory", file: TROUBLE, row: "no bus" },
  {
    fault: "keyring absent",
    outcome: "401; its accounts appear when it starts",
    file: KEYRING,
    row: "absent at start",
  },
  { fault: "keyring dies", outcome: MEMORY, file: KEYRING, row: "dies while running" },
  { fault: "keyring locked at start", outcome: WAIT, file: KEYRING, row: "locked at start" },
  {
    fault: "keyring locked at start",
    outcome: "a sign-in meanwhile is kept",
    file: TROUBLE,
    row: "at start: requests wait",
  },
  { fault: "keyring locked", outcome: MEMORY, file: KEYRING, row: "locked while running" },
  {
    fault: "keyring locked",
    outcome: "what is removed stays removed",
    file: TROUBLE,
    row: "what was removed meanwhile",
  },
  { fault: "keyring SIGSTOPped at start", outcome: WAIT, file: KEYRING, row: "SIGSTOPped at start" },
  { fault: "keyring SIGSTOPped", outcome: MEMORY, file: KEYRING, row: "SIGSTOPped while running" },
  { fault: "bus SIGSTOPped", outcome: MEMORY, file: TROUBLE, row: "a frozen ${what}" },
  { fault: "keyring SIGSTOPped at the end", outcome: "stops in time", file: TROUBLE, row: "frozen at the end" },
  { fault: "keyring restarted", outcome: "durable, as if nothing was", file: KEYRING, row: "restarted while running" },
  { fault: "keyring full", outcome: MEMORY, file: KEYRING, row: "full while running" },
  { fault: "keyring holds an entry twice", outcome: "neither is touched", file: TROUBLE, row: "a second entry" },
  {
    fault: "SIGKILL at random, keyring",
    outcome: "no account is lost",
    file: "chaos/rotation.keyring",
    row: "keyring:",
  },
  { fault: "SIGKILL at random, files", outcome: "no account is lost", file: "chaos/rotation", row: "sealed files:" },
  { fault: "disk full (tmpfs)", outcome: MEMORY, file: MOUNT, row: "full while running" },
  { fault: "disk full (file size limit)", outcome: MEMORY, file: "binary/store", row: "full while it runs" },
  { fault: "state folder read-only (mount)", outcome: MEMORY, file: MOUNT, row: "read-only while running" },
  {
    fault: "state folder read-only at start",
    outcome: "the accounts appear",
    file: MOUNT,
    row: "read-only from the start",
  },
  { fault: "store's folder read-only (mode)", outcome: MEMORY, file: "binary/store", row: "a read-only folder" },
  {
    fault: "no descriptor left",
    outcome: "the connected are served, the processor rests",
    file: MACHINE,
    row: "none left: who",
  },
  {
    fault: "no descriptor for the first fetch",
    outcome: "503, and ccb lives",
    file: MACHINE,
    row: "none left for the first",
  },
  { fault: "clock +1 day", outcome: "served, one refresh at most", file: CLOCK, row: "a day ahead" },
  { fault: "clock -1 day", outcome: "served, no refresh", file: CLOCK, row: "a day back" },
  { fault: "clock -1 day during a limit", outcome: "it lasts no longer", file: CLOCK, row: "set back while a limit" },
  {
    fault: "clock -1 day over a restart",
    outcome: "the account is known",
    file: CLOCK,
    row: "a restart with the clock",
  },
  { fault: "DNS: no such name", outcome: SAFE, file: MACHINE, row: "DNS: a name that does not exist" },
  { fault: "DNS: stops resolving", outcome: SAFE, file: MOUNT, row: "DNS: a name that stops resolving" },
  { fault: "DNS: silent server", outcome: SAFE, file: MOUNT, row: "a name server that says nothing" },
  { fault: "TLS: unknown authority", outcome: SAFE, file: MACHINE, row: "a certificate that nobody vouches for" },
  { fault: "TLS: expired", outcome: SAFE, file: MACHINE, row: "an expired certificate" },
  { fault: "TLS: another host", outcome: SAFE, file: MACHINE, row: "a certificate of another host" },
  { fault: "TLS: plain HTTP there", outcome: SAFE, file: MACHINE, row: "no TLS at the other end" },
];
