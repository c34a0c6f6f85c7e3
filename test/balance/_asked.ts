// Short words for what the tests of the choice say and ask.
import { START, target, windowOf } from "./_world.ts";
import type { createBalancer } from "./_world.ts";

export const abc = ["a", "b", "c"].map((id) => target(id));
export const limit = (id: string, ms: number) =>
  [
    { scope: "target", targetId: id },
    { until: START + ms, reason: "five_hour", official: true },
  ] as const;
export const guess = (id: string, ms: number) =>
  [
    { scope: "target", targetId: id },
    { until: START + ms, reason: "http_502", official: false },
  ] as const;
export type Balancer = ReturnType<typeof createBalancer>;
export const used = (
  world: Balancer,
  id: string,
  utilization: number,
  more: { resetMs?: number; overage?: boolean } = {},
): void =>
  world.state.report(id, null, {
    overageInUse: more.overage ?? false,
    windows: [windowOf(utilization, START + (more.resetMs ?? 3_600_000))],
  });
export const reasons = (world: Balancer, more: Parameters<Balancer["pick"]>[0] = {}): string[] =>
  world
    .pick(more)
    .candidates.map(({ target: { id }, reason, detail }) => `${id} ${reason}${detail === null ? "" : ` ${detail}`}`);
export const left = (world: Balancer, more: Parameters<Balancer["pick"]>[0] = {}): string[] =>
  world
    .pick(more)
    .excluded.map(({ target: { id }, reason, until }) => `${id} ${reason} ${until === null ? "-" : until - START}`);
