// The top of the page: which ccb this is and how it is, and how the person wants to see it.
import { Badge } from "./badge.tsx";
import { Icon } from "./icon.tsx";
import type { Theme } from "./preferences.ts";
import { useStore } from "./state.ts";
import { useNow, useTools } from "./tools.ts";

const LANGUAGES = ["en", "zh-CN"] as const;
const THEMES = ["system", "light", "dark"] as const;

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M6 16h6c4 0 4-7 8-7h5M12 16h13M12 16c4 0 4 7 8 7h5" />
    </svg>
  );
}

function Facts() {
  const { store, words, format } = useTools();
  const { page } = words;
  const health = useStore(store, ({ health }) => health);
  const asOf = useStore(store, ({ asOf }) => asOf);
  const durable = useStore(store, ({ status }) => status?.persistence.durable ?? null);
  const now = useNow(10_000);
  return (
    <p class="facts-line">
      {health !== null && (
        <>
          <span>{page.version({ version: health.version })}</span>
          <span>{page.up({ span: format.span(health.uptime_seconds + Math.max(0, now - asOf) / 1000) })}</span>
        </>
      )}
      {durable !== null && <Badge tone={durable ? "good" : "warn"}>{durable ? page.durable : page.notDurable}</Badge>}
    </p>
  );
}

export function Header({ onForget }: { readonly onForget: () => void }) {
  const { store, words, preferences, language } = useTools();
  const { page } = words;
  const { theme, key } = preferences.get();
  const access = useStore(store, (state) => state.access);
  return (
    <header class="top">
      <div class="brand">
        <Mark />
        <h1>
          ccb <span>{page.title}</span>
        </h1>
      </div>
      <Facts />
      <div class="top-actions">
        {key !== null && (
          <button type="button" class="button quiet" onClick={onForget}>
            <Icon name="key" />
            {page.keyForget}
          </button>
        )}
        {/* A link sends no key: where keys are asked for it would end at an error. */}
        {key === null && access === "fine" && (
          <a class="button quiet" href="/docs">
            <Icon name="book" />
            {page.reference}
          </a>
        )}
        <label class="select">
          <span class="unseen">{page.theme}</span>
          <select
            value={theme}
            onChange={({ currentTarget: { value } }) =>
              preferences.set({ theme: THEMES.find((each): each is Theme => each === value) ?? "system" })
            }
          >
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {page.themes[each]}
              </option>
            ))}
          </select>
        </label>
        <label class="select">
          <span class="unseen">{page.language}</span>
          <select
            value={language}
            onChange={({ currentTarget: { value } }) =>
              preferences.set({ language: LANGUAGES.find((each) => each === value) ?? "en" })
            }
          >
            {LANGUAGES.map((each) => (
              <option key={each} value={each} lang={each}>
                {page.languages[each]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}
