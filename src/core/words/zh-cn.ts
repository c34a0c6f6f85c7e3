// The Chinese catalogue.
import type { Words } from "./en.ts";
import { accessWords } from "./zh-cn/access.ts";
import { cliWords } from "./zh-cn/cli.ts";
import { commandsWords } from "./zh-cn/commands.ts";
import { configWords } from "./zh-cn/config.ts";
import { doctorWords } from "./zh-cn/doctor.ts";
import { exampleWords } from "./zh-cn/examples.ts";
import { httpWords } from "./zh-cn/http.ts";
import { loginWords } from "./zh-cn/login.ts";
import { notifyWords } from "./zh-cn/notify.ts";
import { relayWords } from "./zh-cn/relay.ts";
import { requestsWords } from "./zh-cn/requests.ts";
import { serviceWords } from "./zh-cn/service.ts";
import { signInWords } from "./zh-cn/sign-in.ts";
import { storeWords } from "./zh-cn/store.ts";
import { usageWords } from "./zh-cn/usage.ts";
import { vaultWords } from "./zh-cn/vault.ts";

export const zhCN: Words = {
  access: accessWords,
  cli: cliWords,
  commands: commandsWords,
  config: configWords,
  doctor: doctorWords,
  examples: exampleWords,
  http: httpWords,
  login: loginWords,
  notify: notifyWords,
  relay: relayWords,
  requests: requestsWords,
  service: serviceWords,
  signIn: signInWords,
  store: storeWords,
  usage: usageWords,
  vault: vaultWords,
};
