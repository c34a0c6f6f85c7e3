// The course of a sign-in: begun at ccb, finished by the browser or with a pasted code, whichever is first.
import type { Static } from "@sinclair/typebox";
import { useEffect, useState } from "preact/hooks";
import { LoginBegunSchema, LoginWaitedSchema, SignedInSchema } from "../http/oauth-schemas.ts";
import { ApiError } from "./api.ts";
import type { Api } from "./api.ts";
import { sayError, useTools } from "./tools.ts";

type Begun = Static<typeof LoginBegunSchema>;
type SignedIn = Static<typeof SignedInSchema>;

export type Course =
  | { readonly kind: "beginning" }
  | { readonly kind: "open"; readonly begun: Begun }
  /** The code was taken; whose account it is has to be said. */
  | { readonly kind: "name"; readonly state: string }
  | { readonly kind: "over"; readonly why: readonly string[] };

/** Waits until the sign-in ends, however often that has to be asked. */
async function ended(api: Api, state: string, signal: AbortSignal): Promise<Static<typeof LoginWaitedSchema>> {
  for (;;) {
    const outcome = await api.send("POST", "/oauth/login/wait", LoginWaitedSchema, { body: { state }, signal });
    if (outcome.status !== "pending") return outcome;
  }
}

/** What was pasted names its sign-in itself, or is a bare code. */
const isBare = (code: string): boolean => !/[#?&=:/]/.test(code);

export interface SignIn {
  readonly course: Course;
  /** What was wrong with what was sent last. */
  readonly fault: readonly string[];
  readonly busy: boolean;
  paste(code: string): void;
  name(email: string): void;
  again(): void;
}

/** Begins a sign-in and follows it until the component goes. */
export function useSignIn(onSignedIn: (signedIn: SignedIn) => void): SignIn {
  const { api, words } = useTools();
  const [course, setCourse] = useState<Course>({ kind: "beginning" });
  const [fault, setFault] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    async function follow(): Promise<void> {
      const begun = await api.send("POST", "/oauth/login", LoginBegunSchema, { body: {}, signal });
      setCourse({ kind: "open", begun });
      const { state } = begun.browser ?? begun.paste;
      const outcome = await ended(api, state, signal);
      if (outcome.status === "success") onSignedIn(outcome);
      else if (outcome.status === "email_needed") setCourse({ kind: "name", state });
      else if (outcome.status === "failed") setCourse({ kind: "over", why: [outcome.message] });
    }
    follow().catch((error: unknown) => {
      if (signal.aborted) return;
      const gone = error instanceof ApiError && error.status === 400;
      setCourse({ kind: "over", why: gone ? [words.page.signInOver] : sayError(error, words) });
    });
    return () => controller.abort();
  }, [round]);

  async function submit(run: () => Promise<SignedIn>): Promise<void> {
    setBusy(true);
    setFault([]);
    try {
      onSignedIn(await run());
    } catch (error) {
      setFault(sayError(error, words));
    } finally {
      setBusy(false);
    }
  }

  return {
    course,
    fault,
    busy,
    paste(text) {
      if (course.kind !== "open") return;
      const code = text.trim();
      const body = isBare(code) ? { code, state: course.begun.paste.state } : { code };
      void submit(() => api.send("POST", "/oauth/exchange-code", SignedInSchema, { body }));
    },
    name(email) {
      if (course.kind !== "name") return;
      const body = { state: course.state, account_email: email.trim() };
      void submit(() => api.send("POST", "/oauth/login/name", SignedInSchema, { body }));
    },
    again() {
      setFault([]);
      setCourse({ kind: "beginning" });
      setRound((before) => before + 1);
    },
  };
}
