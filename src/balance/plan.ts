// One configuration as the choice needs it: which targets there are, and which of them serve a model.
import type { Account } from "../account/account.ts";
import type { AccountStore } from "../account/store.ts";
import type { Config, ModelRoute, Provider, RouteEntry } from "../config/config.ts";
import { targetsOf } from "../provider/target.ts";
import type { Target } from "../provider/target.ts";
import { matchRoute } from "./model-routes.ts";

export interface Plan {
  readonly config: Config;
  /** A provider signs with the clients' own credentials. */
  readonly passesThrough: boolean;
  /** Every target, those of disabled providers too. */
  targets(): readonly Target[];
  /** The targets of the route that the model matches; all where none does. */
  targetsFor(model: string | null): readonly Target[];
  /**
   * The pattern of the route that the model matches, "" where none does. A conversation has a place in each: its small
   * model may be another provider's.
   */
  routeOf(model: string | null): string;
  /** The same for the providers, which may have no target yet. */
  providersFor(model: string | null): readonly Provider[];
}

/** An account that stands apart from its provider does so within a route's entry, too: by less than one entry. */
const WITHIN_ENTRY = 1e-7;

const MOST_MATCHED = 200;

function routed(targets: readonly Target[], entries: readonly RouteEntry[]): readonly Target[] {
  return entries.flatMap((entry) =>
    targets
      .filter(({ providerName }) => providerName === entry.provider)
      .map((target) => ({
        ...target,
        model: entry.model === "passthrough" ? null : entry.model,
        priority:
          entry.priority === null
            ? target.priority
            : entry.priority + (target.priority - target.provider.priority) * WITHIN_ENTRY,
      })),
  );
}

/** Creates the plan of a configuration; it follows the accounts as they come and go. */
export function createPlan(config: Config, store: Pick<AccountStore, "all">): Plan {
  let accounts: readonly Account[] | null = null;
  let targets: readonly Target[] = [];
  const routes = new Map<ModelRoute, readonly Target[]>();

  function all(): readonly Target[] {
    const current = store.all();
    if (accounts !== current) {
      accounts = current;
      targets = targetsOf(config.providers, current);
      routes.clear();
    }
    return targets;
  }

  /** Globs are matched once for each name: clients ask for the same few, and hostile ones for no more than so many. */
  const matched = new Map<string, ModelRoute | null>();
  function routeFor(model: string | null): ModelRoute | null {
    if (model === null || config.model_routes.length === 0) return null;
    const known = matched.get(model);
    if (known !== undefined) return known;
    const route = matchRoute(config.model_routes, model);
    if (matched.size < MOST_MATCHED) matched.set(model, route);
    return route;
  }

  return {
    config,
    passesThrough: config.providers.some(({ credential }) => credential.kind === "passthrough"),
    targets: all,
    routeOf: (model) => routeFor(model)?.pattern ?? "",
    providersFor(model) {
      const route = routeFor(model);
      return route === null
        ? config.providers
        : config.providers.filter(({ name }) => route.entries.some(({ provider }) => provider === name));
    },
    targetsFor(model) {
      const every = all();
      const route = routeFor(model);
      if (route === null) return every;
      const known = routes.get(route);
      if (known !== undefined) return known;
      const made = routed(every, route.entries);
      routes.set(route, made);
      return made;
    },
  };
}
