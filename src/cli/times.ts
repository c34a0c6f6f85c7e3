// Times as people read them: by the clock of this place, and how far away.
import { timeUntil } from "../core/language.ts";
import type { Language } from "../core/language.ts";

const two = (number: number): string => String(number).padStart(2, "0");
const dayOf = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** "14:30:05", or "2026-01-31 14:30:05" where that is not today. Both in milliseconds. */
export function clockTime(then: number, now: number): string {
  const date = new Date(then);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return dayOf(date) === dayOf(new Date(now)) ? time : `${dayOf(date)} ${time}`;
}

/** "14:30 (in 2 hours)". Both in seconds. */
export function clockUntil(then: number, now: number, language: Language): string {
  return `${clockTime(then * 1000, now * 1000).slice(0, -3)} (${timeUntil(then, now, language)})`;
}

/** "842 ms", "6.1 s", "2 min 5 s". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 51200 as "51,200"; "?" where it was not said. */
export const grouped = (number: number | null): string => (number === null ? "?" : number.toLocaleString("en-US"));
