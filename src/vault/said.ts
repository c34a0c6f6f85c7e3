// A fault of the store whose evidence is for people: in the language of whoever reads it, in the log in English.
import type { Say } from "../core/errors.ts";
import { en } from "../core/words/en.ts";
import { VaultError } from "./vault.ts";
import type { VaultFault } from "./vault.ts";

/** A VaultError that can be said in every language. */
export const saidFault = (fault: VaultFault, say: Say, options: ErrorOptions = {}): VaultError =>
  new VaultError(fault, say(en), { ...options, say });
