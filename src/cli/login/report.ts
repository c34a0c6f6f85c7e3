// What a command says of a sign-in that worked.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import type { Language } from "../../core/language.ts";
import type { Words } from "../../core/words/en.ts";
import { SignedInSchema, StatusSchema } from "../../http/oauth-schemas.ts";
import type { Client } from "../client.ts";
import * as runtime from "../runtime.ts";
import { createScreen } from "../shown.ts";

export type SignedInReply = Static<typeof SignedInSchema>;

/** The document of `--json`. */
export const LoginReportSchema = Type.Composite([
  SignedInSchema,
  Type.Object({
    account_id: Type.Union([Type.String(), Type.Null()]),
    organization: Type.Union([Type.String(), Type.Null()]),
    renewable: Type.Boolean(),
    persistence: StatusSchema.properties.persistence,
  }),
]);
type LoginReport = Static<typeof LoginReportSchema>;

/** Asks for what the reply to the sign-in itself does not say. */
export async function reportOf(client: Client, signedIn: SignedInReply): Promise<LoginReport> {
  const { tokens, persistence } = await client.get("/oauth/status", StatusSchema);
  const account = tokens.find(({ account_email }) => account_email === signedIn.account_email);
  return {
    ...signedIn,
    account_id: account?.account_id ?? null,
    organization: account?.organization ?? null,
    renewable: account?.renewable ?? true,
    persistence,
  };
}

/** The time of a machine's clock, as its people write it. */
function localTime(seconds: number, language: Language): string {
  return new Date(seconds * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

/** Writes the report to standard output. */
export function writeReport(report: LoginReport, json: boolean, words: Words, language: Language): void {
  const screen = createScreen(runtime.writeOutput, false);
  if (json) {
    screen.json(report);
    return;
  }
  const { signIn } = words;
  const when = localTime(report.expires_at, language);
  const rows: readonly (readonly [string, string | null])[] = [
    [signIn.organization, report.organization],
    [signIn.scopes, report.scopes.join(" ")],
    [signIn.expires, report.renewable ? signIn.renews({ when }) : signIn.ends({ when })],
    [signIn.kept, report.persistence.detail],
  ];
  const table = rows.flatMap(([name, value]) => (value === null || value === "" ? [] : [`  ${name}: ${value}`]));
  // Where it is kept says the same as the notice of what is not durable.
  const notices = report.notices.filter((notice) => notice !== report.persistence.detail);
  screen.lines([signIn.done({ account: report.account_email }), ...table, ...notices].join("\n"));
}
