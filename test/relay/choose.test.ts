// Which target is first: even turns among equals, lower priority first, and who is left out.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { choose } from "../../src/relay/choose.ts";
import type { ChoiceInput } from "../../src/relay/choose.ts";
import type { Target } from "../../src/provider/target.ts";
import { accept } from "../config/_parse.ts";
import { accountTarget, provider } from "./_targets.ts";

const first = provider("priority: 1");
const second = provider("priority: 2");
const ready: ChoiceInput["health"] = () => ({ state: "ready", reason: null });
const ids = (targets: readonly Target[]): string =>
  targets.map((target) => (target.kind === "account" ? target.account.id : target.kind)).join(" ");
const at = (turn: number, targets: readonly Target[], more: Partial<ChoiceInput> = {}) =>
  choose({ targets, health: ready, claudeToken: false, turn, ...more });

test("turns go round among equals", () => {
  const three = ["a", "b", "c"].map((id) => accountTarget(id, first));
  expect([0, 1, 2, 3].map((turn) => ids(at(turn, three).candidates))).toEqual(["a b c", "b c a", "c a b", "a b c"]);
});

test("any number of equals serves alike", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 1000 }), (count, start) => {
      const targets = Array.from({ length: count }, (_, index) => accountTarget(`t${index}`, first));
      const served = new Map<string, number>();
      for (let turn = start; turn < start + count * 4; turn += 1) {
        const chosen = ids(at(turn, targets).candidates.slice(0, 1));
        served.set(chosen, (served.get(chosen) ?? 0) + 1);
      }
      return served.size === count && [...served.values()].every((times) => times === 4);
    }),
  );
});

test("a lower priority comes first, each group with its own turn, whatever the order of the file", () => {
  const targets = [
    accountTarget("x", second),
    accountTarget("a", first),
    accountTarget("y", second),
    accountTarget("b", first),
  ];
  expect([0, 1].map((turn) => ids(at(turn, targets).candidates))).toEqual(["a b x y", "b a y x"]);
});

test("an account that has to sign in is left out, one that is being refreshed is not", () => {
  const states = new Map<string, "login_required" | "refreshing">([
    ["a", "login_required"],
    ["b", "refreshing"],
  ]);
  const targets = (["a", "b", "c"] as const).map((id) => accountTarget(id, first));
  const health: ChoiceInput["health"] = (id) => ({ state: states.get(id) ?? "ready", reason: null });
  const { candidates, excluded } = at(0, targets, { health });
  expect([ids(candidates), excluded.map(({ target, why }) => `${ids([target])}: ${why}`)]).toEqual([
    "b c",
    ["a: login_required"],
  ]);
});

test("a client's Claude token keeps to the origins that may have it", () => {
  const [own, foreign] = accept(`
providers:
  - {name: Own, base_url: https://api.anthropic.com, auth_value: passthrough}
  - {name: Foreign, base_url: https://gateway.example, auth_value: passthrough}
`).providers;
  if (own === undefined || foreign === undefined) throw new Error("no provider");
  const targets: Target[] = [
    { kind: "client", provider: foreign },
    { kind: "client", provider: own },
    { kind: "key", provider: foreign },
  ];
  const names = (list: readonly Target[]): string[] => list.map((target) => `${target.kind} ${target.provider.name}`);
  expect(names(at(0, targets).candidates)).toEqual(["client Foreign", "client Own", "key Foreign"]);
  const { candidates, excluded } = at(0, targets, { claudeToken: true });
  expect(names(candidates)).toEqual(["client Own", "key Foreign"]);
  expect(excluded.map(({ why }) => why)).toEqual(["claude_token_not_allowed_there"]);
});

test("no targets, no candidates", () => expect(at(5, [])).toEqual({ candidates: [], excluded: [] }));
