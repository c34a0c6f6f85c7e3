// Numbers and times as people read them. Pure but for the time zone of the browser.
import type { Language } from "../core/language.ts";
import type { PageWords } from "./words/en.ts";

export interface Format {
  /** 51,200 */
  grouped(count: number): string;
  /** 51K */
  compact(count: number): string;
  /** Of 0 to 1. */
  percent(part: number, digits?: number): string;
  /** "$1.50", "$0.0066". */
  money(dollars: number): string;
  /** "14:30:05"; with the date where that is another day. Milliseconds. */
  clock(then: number, now: number): string;
  /** "14:30", likewise. */
  minute(then: number, now: number): string;
  /** "31 Jan" of "2026-01-31" or of Unix milliseconds. */
  day(then: number): string;
  hour(then: number): string;
  /** "2 h 5 min". */
  span(seconds: number): string;
  /** "in 2 h 5 min". Both in seconds. */
  ahead(then: number, now: number): string;
  /** "5 min ago". Both in seconds. */
  ago(then: number, now: number): string;
  /** "842 ms", "6.1 s". */
  duration(milliseconds: number): string;
}

export function createFormat(language: Language, words: PageWords): Format {
  const grouped = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const percents = [0, 1].map(
    (digits) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }),
  );
  const dollars = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;
  const money = new Intl.NumberFormat(language, dollars);
  // A day of small requests costs less than a cent, and is not nothing.
  const belowDollar = new Intl.NumberFormat(language, { ...dollars, maximumFractionDigits: 4 });
  const belowCent = new Intl.NumberFormat(language, { ...dollars, maximumSignificantDigits: 2 });
  const moneyFor = (sum: number): Intl.NumberFormat =>
    sum === 0 || sum >= 1 ? money : sum >= 0.01 ? belowDollar : belowCent;
  const options = { hour12: false, hour: "2-digit", minute: "2-digit" } as const;
  const seconds = new Intl.DateTimeFormat(language, { ...options, second: "2-digit" });
  const minutes = new Intl.DateTimeFormat(language, options);
  const days = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();
  const dated = (time: Intl.DateTimeFormat, then: number, now: number): string =>
    sameDay(then, now) ? time.format(then) : `${days.format(then)} ${time.format(then)}`;

  function span(length: number): string {
    const whole = Math.max(0, Math.round(length));
    if (whole < 60) return words.span.seconds({ seconds: whole });
    const all = Math.round(whole / 60);
    if (all < 60) return words.span.minutes({ minutes: all });
    if (all < 48 * 60) return words.span.hours({ hours: Math.floor(all / 60), minutes: all % 60 });
    const hours = Math.round(all / 60);
    return words.span.days({ days: Math.floor(hours / 24), hours: hours % 24 });
  }

  return {
    grouped: (count) => grouped.format(count),
    compact: (count) => compact.format(count),
    percent: (part, digits = 0) => percents[digits === 0 ? 0 : 1]?.format(part) ?? "",
    money: (sum) => moneyFor(sum).format(sum),
    clock: (then, now) => dated(seconds, then, now),
    minute: (then, now) => dated(minutes, then, now),
    day: (then) => days.format(then),
    hour: (then) => minutes.format(then),
    span,
    ahead: (then, now) => words.inTime({ span: span(then - now) }),
    ago: (then, now) => (now - then < 5 ? words.justNow : words.ago({ span: span(now - then) })),
    duration: (milliseconds) =>
      milliseconds < 1000
        ? words.milliseconds({ count: grouped.format(Math.round(milliseconds)) })
        : milliseconds < 60_000
          ? words.seconds({ count: (milliseconds / 1000).toFixed(1) })
          : span(milliseconds / 1000),
  };
}
