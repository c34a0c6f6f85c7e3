// The English catalogue. Its shape is the type that every other language has to fill.
import { accessWords } from "./en/access.ts";
import { cliWords } from "./en/cli.ts";
import { configWords } from "./en/config.ts";
import { httpWords } from "./en/http.ts";
import { loginWords } from "./en/login.ts";
import { relayWords } from "./en/relay.ts";
import { serviceWords } from "./en/service.ts";
import { storeWords } from "./en/store.ts";
import { vaultWords } from "./en/vault.ts";

export const en = {
  access: accessWords,
  cli: cliWords,
  config: configWords,
  http: httpWords,
  login: loginWords,
  relay: relayWords,
  service: serviceWords,
  store: storeWords,
  vault: vaultWords,
};

export type Words = typeof en;
