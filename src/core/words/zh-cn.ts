// The Chinese catalogue.
import type { Words } from "./en.ts";
import { accessWords } from "./zh-cn/access.ts";
import { cliWords } from "./zh-cn/cli.ts";
import { configWords } from "./zh-cn/config.ts";
import { httpWords } from "./zh-cn/http.ts";
import { loginWords } from "./zh-cn/login.ts";
import { relayWords } from "./zh-cn/relay.ts";
import { serviceWords } from "./zh-cn/service.ts";
import { storeWords } from "./zh-cn/store.ts";
import { vaultWords } from "./zh-cn/vault.ts";

export const zhCN: Words = {
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
