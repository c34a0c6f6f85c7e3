// /providers: what requests are spread over and how it stands; to switch a provider, and to load the file again.
import { Elysia } from "elysia";
import type { Static } from "@sinclair/typebox";
import type { Plan } from "../balance/plan.ts";
import type { Provider } from "../config/config.ts";
import type { ReloadResult } from "../config/live.ts";
import { formatProblem } from "../config/problem.ts";
import { CcbError } from "../core/errors.ts";
import { wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Clock, Log } from "../core/ports.ts";
import { providersDocs } from "./docs-providers.ts";
import { assertDecoded } from "./parameter.ts";
import { toProviderView } from "./provider-view.ts";
import type { ProviderViewDeps } from "./provider-view.ts";
import type { ProvidersSchema, ReloadedSchema, SwitchedSchema } from "./providers-schema.ts";

export interface ProvidersRouteDeps extends ProviderViewDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** The one in force. */
  readonly plan: () => Plan;
  readonly reload: () => Promise<ReloadResult>;
  readonly languageOf: (request: Request) => Language;
}

/** Creates the controller of the providers. */
export function createProvidersRoutes(deps: ProvidersRouteDeps) {
  const { clock, log, plan, fleet, reload, languageOf } = deps;

  /** By name, whatever the case: no two names differ in that alone. */
  function providerOf(name: string | null): Provider {
    const wanted = assertDecoded(name).toLowerCase();
    const provider = plan().config.providers.find((known) => known.name.toLowerCase() === wanted);
    if (provider === undefined) throw new CcbError("provider_unknown", (words) => words.http.providerUnknown);
    return provider;
  }

  function turn(name: string | null, enabled: boolean): Static<typeof SwitchedSchema> {
    const provider = providerOf(name);
    fleet.setEnabled(plan(), provider.name, enabled);
    log.info(enabled ? "provider_enabled" : "provider_disabled", { provider: provider.name });
    return { status: "success", name: provider.name, enabled };
  }

  return new Elysia({ name: "providers" })
    .get(
      "/providers",
      (): Static<typeof ProvidersSchema> => {
        const current = plan();
        const targets = current.targets();
        const now = clock.now();
        return { providers: current.config.providers.map((provider) => toProviderView(deps, provider, targets, now)) };
      },
      { detail: providersDocs.list },
    )
    .post("/providers/:name/enable", ({ params }) => turn(params.name, true), {
      parse: "none",
      detail: providersDocs.enable,
    })
    .post("/providers/:name/disable", ({ params }) => turn(params.name, false), {
      parse: "none",
      detail: providersDocs.disable,
    })
    .post(
      "/providers/reload",
      async ({ request }): Promise<Static<typeof ReloadedSchema>> => {
        const result = await reload();
        if (!result.ok) {
          throw new CcbError("reload_refused", (words) =>
            words.http.reloadRefused({ problems: result.problems.map((problem) => formatProblem(problem, words)) }),
          );
        }
        const { file, providers, warnings } = result.config;
        const words = wordsOf(languageOf(request));
        return {
          status: "success",
          file,
          providers: providers.length,
          restart_needed: [...result.restartNeeded],
          warnings: warnings.map((warning) => formatProblem(warning, words)),
        };
      },
      { parse: "none", detail: providersDocs.reload },
    );
}
