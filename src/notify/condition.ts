// What somebody may want to be told of: whether it holds now, and how it is said.
import type { Words } from "../core/words/en.ts";

type NotifyEvent = "login_required" | "not_durable" | "window";
/** As Alertmanager and Grafana call them. */
export type NotifyStatus = "firing" | "resolved";

interface ConditionWindow {
  readonly name: string;
  /** The used part, 0 to 1 and more. */
  readonly utilization: number;
  /** Wall clock, milliseconds; null: not known. */
  readonly resetsAt: number | null;
}

export interface Condition {
  /** Tells it apart from every other. */
  readonly key: string;
  readonly event: NotifyEvent;
  /** null: it is no account's. `name` is the email, or `email (organization)`. */
  readonly account: { readonly id: string; readonly name: string } | null;
  readonly window: ConditionWindow | null;
  /** null: that cannot be told now, so what was told stands. */
  readonly holds: boolean | null;
  readonly say: Readonly<Record<NotifyStatus, (words: Words) => string>>;
}

/** What goes out: one turn of a condition. */
export interface Notice extends Omit<Condition, "key" | "holds" | "say"> {
  readonly status: NotifyStatus;
  /** The sentence, in the console's language. */
  readonly message: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
}
