// Before each file of tests with properties. They have the seed of the run, so that what failed can be seen again; and one
// that fails says so before the runner gives the file up, as the search for its smallest case may take longer than that.
import { configureGlobal } from "fast-check";

/** Less than a file may take (run.ts), and much more than a property does, milliseconds. */
const LONGEST_MS = 300_000;

const seed = process.env["PROPERTY_SEED"];

configureGlobal({
  interruptAfterTimeLimit: LONGEST_MS,
  markInterruptAsFailure: true,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
