// Signing in: a button that opens the page for it, and a field for the code where the browser cannot come back.
import { useId, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { useSignIn } from "./sign-in.ts";
import type { Course, SignIn } from "./sign-in.ts";
import { useTools } from "./tools.ts";

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

function Fault({ lines }: { readonly lines: readonly string[] }) {
  return (
    <div role="alert">
      {lines.map((line) => (
        <p key={line} class="fault">
          {line}
        </p>
      ))}
    </div>
  );
}

function PasteForm({ signIn, address }: { readonly signIn: SignIn; readonly address: string }) {
  const { words } = useTools();
  const { page } = words;
  const [code, setCode] = useState("");
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.paste(code);
      }}
    >
      <p>
        {page.signInPasteText}{" "}
        <a href={address} target="_blank" rel="noreferrer noopener">
          {page.signInPasteOpen}
        </a>
      </p>
      <Field label={page.signInCode} value={code} onInput={setCode} />
      <button type="submit" class="button" disabled={signIn.busy || code.trim() === ""}>
        {page.signInPasteSend}
      </button>
    </form>
  );
}

function NameForm({ signIn }: { readonly signIn: SignIn }) {
  const { words } = useTools();
  const [email, setEmail] = useState("");
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.name(email);
      }}
    >
      <p>{words.page.signInEmailText}</p>
      <Field label={words.page.signInEmail} value={email} onInput={setEmail} />
      <button type="submit" class="button primary" disabled={signIn.busy || email.trim() === ""}>
        {words.page.signInPasteSend}
      </button>
    </form>
  );
}

function Open({
  signIn,
  begun,
}: {
  readonly signIn: SignIn;
  readonly begun: Extract<Course, { kind: "open" }>["begun"];
}) {
  const { words, browser } = useTools();
  const { page } = words;
  const [opened, setOpened] = useState(false);
  const explained = useId();
  // ccb's own callback is on this machine, or nowhere that the browser could find.
  const way = LOOPBACK.test(browser.hostname) ? begun.browser : null;
  const paste = <PasteForm signIn={signIn} address={begun.paste.login_url} />;
  return (
    <>
      {begun.notice !== null && <p class="hint">{begun.notice}</p>}
      {way !== null && (
        <div class="form">
          <a
            class="button primary wide"
            href={way.login_url}
            target="_blank"
            rel="noreferrer noopener"
            aria-describedby={explained}
            onClick={() => setOpened(true)}
          >
            <Icon name="out" />
            {page.signInBrowser}
          </a>
          <p id={explained} class="dim">
            {page.signInBrowserText}
          </p>
          <p class="waiting" role="status">
            {opened && page.signInWaiting}
          </p>
        </div>
      )}
      {way === null ? (
        paste
      ) : (
        <details class="fold">
          <summary>{page.signInElsewhere}</summary>
          {paste}
        </details>
      )}
    </>
  );
}

function Body({ signIn }: { readonly signIn: SignIn }) {
  const { words } = useTools();
  const { course } = signIn;
  switch (course.kind) {
    case "beginning":
      return <p class="dim">{words.page.working}</p>;
    case "open":
      return <Open signIn={signIn} begun={course.begun} />;
    case "name":
      return <NameForm signIn={signIn} />;
    case "over":
      return (
        <>
          <Fault lines={course.why} />
          <div class="dialog-actions">
            <button type="button" class="button primary" onClick={() => signIn.again()}>
              {words.page.signInAgain}
            </button>
          </div>
        </>
      );
  }
}

export function SignInDialog({ onClose }: { readonly onClose: () => void }) {
  const { words, store, session } = useTools();
  const signIn = useSignIn(({ account_email, notices }) => {
    store.set({ notice: { text: words.page.signInDone({ account: account_email }), lines: notices, good: true } });
    session.poke();
    onClose();
  });
  return (
    <Dialog title={words.page.signInTitle} onClose={onClose}>
      <Body signIn={signIn} />
      <Fault lines={signIn.fault} />
    </Dialog>
  );
}
