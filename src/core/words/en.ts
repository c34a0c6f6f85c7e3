// The English catalogue. Its shape is the type that every other language has to fill.
import { cliWords } from "./en/cli.ts";
import { configWords } from "./en/config.ts";
import { httpWords } from "./en/http.ts";
import { loginWords } from "./en/login.ts";
import { relayWords } from "./en/relay.ts";
import { vaultWords } from "./en/vault.ts";

export const en = {
  cli: cliWords,
  config: configWords,
  http: httpWords,
  login: loginWords,
  relay: relayWords,
  vault: vaultWords,
};

export type Words = typeof en;
