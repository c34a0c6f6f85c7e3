// The Chinese catalogue.
import type { Words } from "./en.ts";
import { cliWords } from "./zh-cn/cli.ts";
import { configWords } from "./zh-cn/config.ts";
import { httpWords } from "./zh-cn/http.ts";
import { loginWords } from "./zh-cn/login.ts";
import { relayWords } from "./zh-cn/relay.ts";
import { vaultWords } from "./zh-cn/vault.ts";

export const zhCN: Words = {
  cli: cliWords,
  config: configWords,
  http: httpWords,
  login: loginWords,
  relay: relayWords,
  vault: vaultWords,
};
