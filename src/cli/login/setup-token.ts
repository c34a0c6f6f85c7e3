// ccb login --setup-token: the one-year token of `claude setup-token`, from standard input and from nowhere else.
import { CcbError } from "../../core/errors.ts";
import type { Words } from "../../core/words/en.ts";
import { SignedInSchema, StatusSchema } from "../../http/oauth-schemas.ts";
import type { Client } from "../client.ts";
import * as runtime from "../runtime.ts";
import type { SignedInReply } from "./report.ts";
import { readAll, readHidden } from "./terminal.ts";

/** What `claude setup-token` prints holds the token among words and colours. */
// oxlint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;
const TOKENS = /sk-ant-[\w-]+/g;
/** A narrow terminal breaks it; copied from there it goes on in lines that hold nothing else. */
const BROKEN = /(sk-ant-[\w-]{30,})\r?\n(?=[\w-]+\s*(?:\n|$))/;

/** The token in a text; the text itself where it holds nothing like one, for the server to refuse. */
function tokenIn(text: string): string {
  let plain = text.replaceAll(COLOURS, "").trim();
  while (BROKEN.test(plain)) plain = plain.replace(BROKEN, "$1");
  if (plain === "") throw new CcbError("setup_token_invalid", (words) => words.signIn.noToken);
  const found = [...new Set(plain.match(TOKENS) ?? [])];
  if (found.length > 1) throw new CcbError("setup_token_invalid", (words) => words.signIn.severalTokens);
  const [token = plain] = found;
  return token;
}

/** Reads the token and gives it to the server, or to the own application in its place. */
export async function giveSetupToken(
  client: Client,
  email: string | undefined,
  words: Words,
  say: (text: string) => void,
): Promise<SignedInReply> {
  const { total_tokens } = await client.get("/oauth/status", StatusSchema);
  if (total_tokens === 0) say(words.login.terms);
  let text: string | null;
  if (runtime.input().isTTY) {
    runtime.writeError(words.signIn.typeToken);
    text = await readHidden(runtime.input());
    runtime.writeError("\n");
  } else text = await readAll(runtime.input());
  const token = tokenIn(text ?? "");
  const named = email === undefined ? {} : { account_email: email };
  return client.send("POST", "/oauth/setup-token", { token, ...named }, SignedInSchema);
}
