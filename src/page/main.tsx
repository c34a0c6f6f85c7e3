// Where the page begins: binds the browser's globals and draws it.
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./page.css";
import { createApi } from "./api.ts";
import { Page } from "./app.tsx";
import { browser } from "./browser.ts";
import { createLive } from "./live.ts";
import { createPreferences } from "./preferences.ts";
import { createSession } from "./session.ts";
import { createStore, INITIAL } from "./state.ts";

const store = createStore(INITIAL);
const preferences = createPreferences(browser);
const api = createApi({
  fetch: browser.fetch,
  key: () => preferences.get().key,
  language: () => preferences.get().language,
});
const live = createLive({ api, browser, store, onChange: () => session.poke() });
const session = createSession({ api, browser, store, live, hasKey: () => preferences.get().key !== null });

const place = document.getElementById("page");
if (place === null) throw new Error("there is no place for the page");
render(<Page {...{ api, browser, store, session, preferences }} />, place);
session.start();
