// What every case stands on: the upstream, the place for accounts, the binary; and the processes that are measured.
import { existsSync } from "node:fs";
import { startCcb, THREE_ACCOUNTS } from "./ccb.ts";
import { startChild, type Child } from "./child.ts";
import { startKeeping, type Keeping } from "./keeping.ts";
import { nginxProgram, startNginx } from "./nginx.ts";
import type { Expected } from "./replies.ts";
import type { Target } from "./target.ts";

export interface Rig extends AsyncDisposable {
  /** Of ccb. */
  readonly binary: string;
  /** Its address. */
  readonly upstream: string;
  readonly expected: Expected;
  readonly keeping: Keeping;
  /** Hears of the progress. */
  readonly say: (line: string) => void;
}

export async function startRig(binary: string, say: (line: string) => void): Promise<Rig> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: run "make build"`);
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startChild("upstream.ts"));
  const keeping = stack.use(await startKeeping());
  const expected: Expected = JSON.parse(await (await fetch(`${upstream.url}/expected`)).text());
  const all = stack.move();
  return {
    binary,
    upstream: upstream.url,
    expected,
    keeping,
    say,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

export interface Targets extends AsyncDisposable {
  readonly targets: readonly Target[];
}

/** Starts one fresh process of each, with its name; on the way out all end, whatever happened. */
export async function startTargets(starts: Readonly<Record<string, () => Promise<Child>>>): Promise<Targets> {
  await using stack = new AsyncDisposableStack();
  const targets: Target[] = [];
  for (const [name, start] of Object.entries(starts)) {
    const { url, pid } = stack.use(await start());
    targets.push({ name, url, pid });
  }
  const all = stack.move();
  return { targets, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** How ccb is started with all that it does. */
export const fullCcb =
  ({ upstream, keeping, binary }: Rig, other: string = binary) =>
  (): Promise<Child> =>
    startCcb({ binary: other, upstream, keeping, accounts: THREE_ACCOUNTS });

export type ProxyName = "nginx" | "bare" | "floor" | "ccb";

/** How each of the named proxies is started; nginx only where it is installed. */
export function proxies(rig: Rig, names: readonly ProxyName[]): Readonly<Record<string, () => Promise<Child>>> {
  const known: Readonly<Record<ProxyName, () => Promise<Child>>> = {
    nginx: () => startNginx(rig.upstream),
    bare: () => startChild("bare.ts", [rig.upstream]),
    floor: () => startChild("floor.ts", [rig.upstream]),
    ccb: fullCcb(rig),
  };
  return Object.fromEntries(
    names.filter((name) => name !== "nginx" || nginxProgram !== null).map((name) => [name, known[name]]),
  );
}
