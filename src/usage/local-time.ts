// Hours and days as the clock on the wall of this place has them. Pure, but for the zone that it is told.

/** Minutes that a moment (Unix milliseconds) is behind UTC here, as `Date.getTimezoneOffset` says: -60 in Berlin in winter. */
export type OffsetMinutes = (milliseconds: number) => number;

export const offsetHere: OffsetMinutes = (milliseconds) => new Date(milliseconds).getTimezoneOffset();

const HOUR = 3600;

/**
 * When the hour of a moment began, Unix seconds. Hours begin where those of the place do, not those of UTC: where the
 * zones are half an hour apart, a day would else begin in the middle of one.
 */
export function hourOf(milliseconds: number, offset: OffsetMinutes): number {
  const behind = offset(milliseconds) * 60;
  return Math.floor((milliseconds / 1000 - behind) / HOUR) * HOUR + behind;
}

/** The day of a moment, "2026-01-31". */
export function dayOf(milliseconds: number, offset: OffsetMinutes): string {
  return new Date(milliseconds - offset(milliseconds) * 60_000).toISOString().slice(0, 10);
}
