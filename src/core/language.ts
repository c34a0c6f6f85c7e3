// Which language a person reads: settings first, then the locale, then what the request accepts.
import { en } from "./words/en.ts";
import type { Words } from "./words/en.ts";
import { zhCN } from "./words/zh-cn.ts";

export type Language = "zh-CN" | "en";

const CATALOGUES: Readonly<Record<Language, Words>> = { en, "zh-CN": zhCN };

export function wordsOf(language: Language): Words {
  return CATALOGUES[language];
}

/**
 * The language of the console: English where the locale is English, else Chinese.
 * `locale` is the value of LC_ALL, LC_MESSAGES or LANG, or a BCP 47 tag where the system has no such variables.
 */
export function resolveLanguage(setting: "auto" | Language, locale: string | undefined): Language {
  if (setting !== "auto") return setting;
  return /^en(?:[-_.@]|$)/i.test(locale ?? "") ? "en" : "zh-CN";
}

/** The best supported language of an Accept-Language value (RFC 9110 §12.5.4), else `fallback`. `*` names none. */
export function acceptedLanguage(header: string | null, fallback: Language): Language {
  if (header === null || header.length > 500) return fallback;
  let best: Language | undefined;
  let bestQuality = 0;
  for (const part of header.split(",")) {
    const [range = "", ...parameters] = part.trim().toLowerCase().split(";");
    const q = parameters
      .map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1])
      .find((value) => value !== undefined);
    const quality = q === undefined ? 1 : Number(q);
    const tag = range.trim().split("-")[0];
    const language = tag === "zh" ? "zh-CN" : tag === "en" ? "en" : undefined;
    if (language !== undefined && quality > bestQuality) {
      best = language;
      bestQuality = quality;
    }
  }
  return best ?? fallback;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Made at first use: loading the language data costs milliseconds that a start does not have. */
const formats = new Map<Language, Intl.RelativeTimeFormat>();

function formatOf(language: Language): Intl.RelativeTimeFormat {
  const format = formats.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  formats.set(language, format);
  return format;
}

/** "in 5 minutes", "5分钟后": how long until then, rounded, in the largest unit. Both times in seconds. */
export function timeUntil(thenSeconds: number, nowSeconds: number, language: Language): string {
  const left = Math.max(0, Math.round(thenSeconds - nowSeconds));
  for (const [unit, seconds] of UNITS) {
    if (left >= seconds) return formatOf(language).format(Math.round(left / seconds), unit);
  }
  return formatOf(language).format(left, "second");
}

/** "5 minutes ago", "5分钟前", "昨天": how long ago, in the largest whole unit. Both times in seconds. */
export function relativeTime(thenSeconds: number, nowSeconds: number, language: Language): string {
  const elapsed = Math.max(0, Math.floor(nowSeconds - thenSeconds));
  for (const [unit, seconds] of UNITS) {
    if (elapsed >= seconds) return formatOf(language).format(-Math.floor(elapsed / seconds), unit);
  }
  return formatOf(language).format(-elapsed, "second");
}
