// Before each file of tests: a property that fails says so before the runner gives the file up. The search for its smallest
// case may take longer than that, and then nobody learns which one it was.
import { configureGlobal } from "fast-check";

/** Less than a file may take (run.ts), and much more than a property does, milliseconds. */
const LONGEST_MS = 300_000;

configureGlobal({ interruptAfterTimeLimit: LONGEST_MS, markInterruptAsFailure: true });
