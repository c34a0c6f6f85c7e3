// What came of what the person did: said at the bottom of the page, and to screen readers.
import { useEffect } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { useStore } from "./state.ts";
import { useTools } from "./tools.ts";

/** Good news goes by itself. */
const SHOWN_MS = 8_000;

export function NoticeBar() {
  const { store, words, browser } = useTools();
  const notice = useStore(store, ({ notice }) => notice);
  const close = (): void => store.set({ notice: null });
  useEffect(() => {
    if (notice === null || !notice.good || notice.lines.length > 0) return;
    return browser.after(SHOWN_MS, close);
  }, [notice]);
  const shown = notice !== null && (
    <div class={`notice ${notice.good ? "good" : "bad"}`}>
      <div class="notice-text">
        <p>
          <strong>{notice.text}</strong>
        </p>
        {notice.lines.map((line) => (
          <p key={line} class="notice-line">
            {line}
          </p>
        ))}
      </div>
      <button type="button" class="button quiet square" aria-label={words.page.close} onClick={close}>
        <Icon name="close" />
      </button>
    </div>
  );
  // Both are there from the beginning: what appears together with its region is not read aloud.
  return (
    <div class="notices">
      <div role="status">{notice?.good === true && shown}</div>
      <div role="alert">{notice?.good === false && shown}</div>
    </div>
  );
}
