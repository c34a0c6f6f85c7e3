// Which language the page begins in. Pure.
import type { Language } from "../core/language.ts";

/** The first language of the browser that there is a catalogue for, else English. */
export function preferredLanguage(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.toLowerCase()).find((tag) => /^(?:zh|en)(?:-|$)/.test(tag));
  return known?.startsWith("zh") === true ? "zh-CN" : "en";
}
