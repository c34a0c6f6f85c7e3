// Words that tell ccb's owner what happened, by webhook or on the desktop, for people who read English.

function windowName(name: string): string {
  if (name === "5h") return "five-hour window";
  return name === "7d" ? "weekly window" : `window ${name}`;
}

function duration(minutes: number): string {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

export const notifyWords = {
  loginRequired: ({ account, reason }: { account: string; reason: string }): string =>
    `${account} has to sign in again${reason === "" ? "" : ` (${reason})`}. Run: ccb login`,
  loginResolved: ({ account }: { account: string }): string => `${account} can be used again.`,
  durable: "Accounts are kept durably again.",
  /** `minutes` until the window begins anew; null: not known. */
  windowHigh: ({
    account,
    window,
    percent,
    minutes,
  }: {
    account: string;
    window: string;
    percent: number;
    minutes: number | null;
  }): string =>
    `${account} has used ${percent} % of its ${windowName(window)}.${minutes === null ? "" : ` It begins anew in ${duration(minutes)}.`}`,
  windowResolved: ({ account, window, percent }: { account: string; window: string; percent: number }): string =>
    `${account} has room again: its ${windowName(window)} is below ${percent} %.`,
};
