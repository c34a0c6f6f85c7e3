// The page as a whole: its parts in their order, in the language and the colours that the person wants.
import { useEffect, useMemo } from "preact/hooks";
import { Accounts } from "./accounts.tsx";
import type { Api } from "./api.ts";
import { Banners } from "./banners.tsx";
import type { Browser } from "./browser.ts";
import { createFormat } from "./format.ts";
import { Header } from "./header.tsx";
import { KeyGate } from "./key-gate.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { usePreferences } from "./preferences.ts";
import type { PreferenceStore } from "./preferences.ts";
import { Providers } from "./providers.tsx";
import { Requests } from "./requests.tsx";
import type { Session } from "./session.ts";
import { useStore } from "./state.ts";
import type { Store } from "./state.ts";
import { ToolsContext } from "./tools.ts";
import { Usage } from "./usage.tsx";
import { CATALOGUES } from "./words.ts";

export interface PageProps {
  readonly api: Api;
  readonly browser: Browser;
  readonly store: Store;
  readonly session: Session;
  readonly preferences: PreferenceStore;
}

export function Page(props: PageProps) {
  const { store, session, preferences } = props;
  const { language, theme } = usePreferences(preferences);
  const down = useStore(store, ({ link }) => link.kind === "down");
  const unknown = useStore(store, ({ status }) => status === null);
  const access = useStore(store, ({ access }) => access);
  const words = CATALOGUES[language];
  const format = useMemo(() => createFormat(language, words.page), [language]);
  const tools = { ...props, language, words, format };

  useEffect(() => {
    const { documentElement: root } = document;
    root.lang = language;
    document.title = `ccb · ${words.page.title}`;
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
  }, [language, theme]);

  // ccb's own words come in the language of the request.
  useEffect(() => session.poke(), [language]);

  const forget = (): void => {
    preferences.set({ key: null });
    session.retry();
  };
  return (
    <ToolsContext.Provider value={tools}>
      <a class="skip" href="#content">
        {words.page.skip}
      </a>
      <Header onForget={forget} />
      <main id="content" tabIndex={-1}>
        <Banners />
        {access !== "fine" && <KeyGate />}
        {access === "fine" && unknown && !down && <p class="empty">{words.page.connecting}</p>}
        {access === "fine" && !unknown && (
          <div class={`columns${down ? " stale" : ""}`}>
            <div class="column steer">
              <Accounts />
              <Providers />
            </div>
            <div class="column sums">
              <Usage />
            </div>
            <div class="column flow">
              <Requests />
            </div>
          </div>
        )}
      </main>
      <NoticeBar />
    </ToolsContext.Provider>
  );
}
