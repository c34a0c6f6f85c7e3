// The parts of the relay, put together.
import type { Persistence } from "../account/persistence.ts";
import type { AccountStore } from "../account/store.ts";
import type { Fleet } from "../balance/fleet.ts";
import type { Plan } from "../balance/plan.ts";
import type { TrackRecord } from "../balance/track-record.ts";
import type { CcbError } from "../core/errors.ts";
import type { Clock, Fetch, Log, Random } from "../core/ports.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { Connections } from "./connections.ts";
import { createFailover } from "./failover.ts";
import { createRelay } from "./relay.ts";
import type { Relay } from "./relay.ts";
import { createSend } from "./send.ts";
import type { SendDeps } from "./send.ts";
import type { Traces } from "./trace.ts";
import { createTrial } from "./trial.ts";
import type { TrialDeps } from "./trial.ts";

export interface RelayStackDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fleet: Fleet;
  readonly plan: () => Plan;
  readonly store: AccountStore;
  readonly persistence: Persistence;
  readonly refresher: Refresher;
  readonly connections: Connections;
  readonly traces: Traces;
  readonly trackRecord: TrackRecord;
  readonly routeOf: SendDeps["routeOf"];
  readonly loginRequired: (provider: string) => CcbError;
  readonly onLost: TrialDeps["onLost"];
  readonly onKeyRefused: TrialDeps["onKeyRefused"];
  readonly onEnding: (request: Request) => void;
}

/** Creates the relay with all that it stands on. */
export function createRelayStack(deps: RelayStackDeps): Relay {
  const send = createSend(deps);
  const attempt = createTrial({ ...deps, send });
  return createRelay({ ...deps, failover: createFailover({ ...deps, attempt }) });
}
