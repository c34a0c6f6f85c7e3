// What the person should know before anything else: ccb does not answer, tokens are not kept, the page is out of date.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { useStore } from "./state.ts";
import { useNow, useTools } from "./tools.ts";

interface BannerProps {
  readonly tone: "bad" | "warn";
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}

function Banner({ tone, title, children, action }: BannerProps) {
  return (
    <div class={`banner ${tone}`}>
      <Icon name="warn" />
      <div class="banner-text">
        <strong>{title}</strong>
        {children}
      </div>
      {action}
    </div>
  );
}

/** Counts down; apart, so that the words around it are not read aloud every second. */
function NextTry({ at }: { readonly at: number | null }) {
  const { words } = useTools();
  const now = useNow(500);
  const seconds = at === null ? 0 : Math.ceil((at - now) / 1000);
  return <span aria-hidden="true">{seconds > 0 ? words.page.downNext({ seconds }) : words.page.downTrying}</span>;
}

function Down() {
  const { store, session, words, browser } = useTools();
  const { page } = words;
  const link = useStore(store, ({ link }) => link);
  const known = useStore(store, ({ status }) => status !== null);
  const wasDown = useRef(false);
  useEffect(() => {
    if (wasDown.current && link.kind === "up") store.set({ notice: { text: page.back, lines: [], good: true } });
    wasDown.current = link.kind === "down";
  }, [link.kind]);
  if (link.kind !== "down") return null;
  const again = (
    <button type="button" class="button" onClick={() => session.retry()}>
      {page.tryNow}
    </button>
  );
  return (
    <Banner tone="bad" title={page.down} action={again}>
      <p>
        {page.downHelp({ origin: browser.origin })} {known && page.downSince}
      </p>
      <p class="dim">
        <NextTry at={link.retryAt} />
      </p>
    </Banner>
  );
}

export function Banners() {
  const { store, words, browser } = useTools();
  const { page } = words;
  const misfit = useStore(store, ({ misfit }) => misfit);
  const persistence = useStore(store, ({ status }) => status?.persistence ?? null);
  const load = (
    <button type="button" class="button" onClick={() => browser.reload()}>
      {page.loadAgain}
    </button>
  );
  return (
    <div class="banners">
      <div role="alert">
        <Down />
        {misfit && <Banner tone="warn" title={page.misfit} action={load} />}
      </div>
      {persistence !== null && !persistence.durable && (
        <Banner tone="warn" title={page.notDurable}>
          <p>{persistence.detail}</p>
        </Banner>
      )}
    </div>
  );
}
