// Asks for ccb's key where one is needed: the page itself holds no data.
import { useId, useState } from "preact/hooks";
import { Field } from "./field.tsx";
import { useStore } from "./state.ts";
import { useTools } from "./tools.ts";

export function KeyGate() {
  const { store, words, preferences, session } = useTools();
  const { page } = words;
  const access = useStore(store, ({ access }) => access);
  const [key, setKey] = useState("");
  const [shown, setShown] = useState(false);
  const heading = useId();
  const fault = useId();
  const said = access === "key_wrong" ? page.keyWrong : access === "key_role" ? page.keyRole : null;
  return (
    <form
      class="card gate"
      aria-labelledby={heading}
      onSubmit={(event) => {
        event.preventDefault();
        preferences.set({ key: key.trim() });
        session.retry();
      }}
    >
      <h2 id={heading}>{page.keyTitle}</h2>
      <p class="dim">{page.keyText}</p>
      <Field label={page.keyLabel} value={key} onInput={setKey} hidden={!shown} describedBy={fault} autofocus />
      <label class="check">
        <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
        {page.keyShow}
      </label>
      <p id={fault} class="fault" role="alert">
        {said}
      </p>
      {/* What cannot be in a header is no key. */}
      <button type="submit" class="button primary wide" disabled={!/^[\x21-\x7e]+$/.test(key.trim())}>
        {page.keyEnter}
      </button>
    </form>
  );
}
