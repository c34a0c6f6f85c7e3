// Whether this machine's clock is right, by what servers say of the time. Pure.
import type { Words } from "../../core/words/en.ts";
import type { TimeSaid } from "./reach.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

/** Nobody sets a clock by hand to the second. */
const GOOD_SECONDS = 60;
/** Tokens are renewed five minutes before their end: with this much it happens too late. */
const BAD_SECONDS = 300;

/** The best of what was said: one server may be wrong, and this machine right. `answered`: a server was reached. */
export function judgeClock(said: readonly TimeSaid[], answered: boolean, { doctor }: Words): Finding {
  const [best] = said.toSorted((a, b) => Math.abs(a.ahead) - Math.abs(b.ahead));
  if (best === undefined)
    return answered
      ? found("clock", "warning", doctor.clockUnsaid, doctor.clockUnsaidMend)
      : found("clock", "warning", doctor.clockUnknown, doctor.clockUnknownMend);
  const { ahead, origin: server } = best;
  const off = Math.abs(ahead);
  if (off < GOOD_SECONDS) return found("clock", "ok", doctor.clockGood({ server }));
  const text = doctor.clockWrong({ seconds: ahead, server });
  return found("clock", off < BAD_SECONDS ? "warning" : "problem", text, doctor.clockMend);
}
