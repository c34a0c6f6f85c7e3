// The English catalogue. Its shape is the type that every other language has to fill.
import { accessWords } from "./en/access.ts";
import { cliWords } from "./en/cli.ts";
import { commandsWords } from "./en/commands.ts";
import { configWords } from "./en/config.ts";
import { doctorWords } from "./en/doctor.ts";
import { exampleWords } from "./en/examples.ts";
import { httpWords } from "./en/http.ts";
import { loginWords } from "./en/login.ts";
import { notifyWords } from "./en/notify.ts";
import { relayWords } from "./en/relay.ts";
import { requestsWords } from "./en/requests.ts";
import { serviceWords } from "./en/service.ts";
import { signInWords } from "./en/sign-in.ts";
import { storeWords } from "./en/store.ts";
import { usageWords } from "./en/usage.ts";
import { vaultWords } from "./en/vault.ts";

export const en = {
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

export type Words = typeof en;
