// What every part of the page is given: ccb, the state, words and formats, and a way to do something and say what came of it.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Language } from "../core/language.ts";
import { ApiError } from "./api.ts";
import type { Api } from "./api.ts";
import type { Browser } from "./browser.ts";
import type { Format } from "./format.ts";
import type { PreferenceStore } from "./preferences.ts";
import type { Session } from "./session.ts";
import type { Account, Notice, Store } from "./state.ts";
import type { Words } from "./words.ts";

export interface Tools {
  readonly api: Api;
  readonly browser: Browser;
  readonly store: Store;
  readonly session: Session;
  readonly preferences: PreferenceStore;
  readonly language: Language;
  readonly words: Words;
  readonly format: Format;
}

export const ToolsContext = createContext<Tools | null>(null);

export function useTools(): Tools {
  const tools = useContext(ToolsContext);
  if (tools === null) throw new Error("there is nothing around this component");
  return tools;
}

/** Wall clock, milliseconds, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const { browser } = useTools();
  const [now, setNow] = useState(browser.now());
  useEffect(() => {
    let cancel = (): void => {};
    const tick = (): void => {
      setNow(browser.now());
      cancel = browser.after(everyMs, tick);
    };
    cancel = browser.after(everyMs, tick);
    return () => cancel();
  }, [browser, everyMs]);
  return now;
}

/** What went wrong, for the person: ccb's own words where it has said some. */
export function sayError(error: unknown, { page }: Words): readonly string[] {
  if (!(error instanceof ApiError)) return [String(error)];
  switch (error.kind) {
    case "unreachable":
      return [page.down];
    case "misfit":
      return [page.misfit];
    case "refused":
      return error.message.split("\n");
  }
}

/** Does something that the person asked for; true while it is under way. What came of it is said. */
export function useAction(): readonly [boolean, (run: () => Promise<Notice | string>) => void] {
  const { store, session, words } = useTools();
  const [busy, setBusy] = useState(false);
  async function act(run: () => Promise<Notice | string>): Promise<void> {
    setBusy(true);
    try {
      const result = await run();
      store.set({ notice: typeof result === "string" ? { text: result, lines: [], good: true } : result });
    } catch (error) {
      const [text = "", ...lines] = sayError(error, words);
      store.set({ notice: { text, lines, good: false } });
    } finally {
      setBusy(false);
      session.poke();
    }
  }
  return [busy, (run) => void act(run)];
}

/** Who signs for a target: the account's name, or what kind of credential it is. */
export function credentialName(
  { account, kind }: { readonly account: string | null; readonly kind: "account" | "key" | "client" },
  accounts: readonly Account[],
  { commands }: Words,
): string {
  if (kind === "key") return commands.withKey;
  if (kind === "client") return commands.ownCredential;
  return accounts.find(({ account_id }) => account_id === account)?.account_email ?? account ?? "";
}
