// What every check is given.
import type { Config } from "../../config/config.ts";
import type { Clock, Fetch } from "../../core/ports.ts";
import type { Words } from "../../core/words/en.ts";

export interface Context {
  readonly config: Config;
  readonly words: Words;
  readonly fetch: Fetch;
  readonly clock: Clock;
}
