// Rate-limit headers as the API sends them.

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** When every world begins. */
const START = Date.UTC(2026, 0, 15, 12);

/** Unix seconds, so many milliseconds after the start. */
export const seconds = (milliseconds: number): number => (START + milliseconds) / 1000;

/** Of a subscription. */
export const unified = (fields: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, String(value)]),
  );
