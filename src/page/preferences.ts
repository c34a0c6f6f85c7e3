// What the person has chosen: language and look, kept for this site, and the key, kept for this tab.
import { useEffect, useState } from "preact/hooks";
import type { Language } from "../core/language.ts";
import type { Browser } from "./browser.ts";
import { preferredLanguage } from "./preferred-language.ts";

export type Theme = "system" | "light" | "dark";

const LANGUAGE = "ccb.language";
const THEME = "ccb.theme";
const KEY = "ccb.key";

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly key: string | null;
}

export interface PreferenceStore {
  get(): Preferences;
  set(change: Partial<Preferences>): void;
  subscribe(listener: () => void): () => void;
}

export function createPreferences({ lasting, tab, languages }: Pick<Browser, "lasting" | "tab" | "languages">) {
  const language = lasting.get(LANGUAGE);
  const theme = lasting.get(THEME);
  let preferences: Preferences = {
    language: language === "en" || language === "zh-CN" ? language : preferredLanguage(languages),
    theme: theme === "light" || theme === "dark" ? theme : "system",
    key: tab.get(KEY),
  };
  const listeners = new Set<() => void>();
  const store: PreferenceStore = {
    get: () => preferences,
    set(change) {
      preferences = { ...preferences, ...change };
      if (change.language !== undefined) lasting.set(LANGUAGE, change.language);
      if (change.theme !== undefined) lasting.set(THEME, change.theme);
      if (change.key !== undefined) tab.set(KEY, change.key);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return store;
}

/** The preferences; the component is drawn anew when they change. */
export function usePreferences(store: PreferenceStore): Preferences {
  const [preferences, setPreferences] = useState(store.get());
  useEffect(() => store.subscribe(() => setPreferences(store.get())), [store]);
  return preferences;
}
