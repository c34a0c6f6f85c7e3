// The page's catalogues by language: its own words, and those of the commands for what both show.
import type { Language } from "../core/language.ts";
import { commandsWords as commandsEn } from "../core/words/en/commands.ts";
import { requestsWords as requestsEn } from "../core/words/en/requests.ts";
import { commandsWords as commandsZh } from "../core/words/zh-cn/commands.ts";
import { requestsWords as requestsZh } from "../core/words/zh-cn/requests.ts";
import { en } from "./words/en.ts";
import type { PageWords } from "./words/en.ts";
import { zhCN } from "./words/zh-cn.ts";

export interface Words {
  readonly page: PageWords;
  readonly commands: typeof commandsEn;
  readonly requests: typeof requestsEn;
}

export const CATALOGUES: Readonly<Record<Language, Words>> = {
  en: { page: en, commands: commandsEn, requests: requestsEn },
  "zh-CN": { page: zhCN, commands: commandsZh, requests: requestsZh },
};

/** What a stable code means; a code that no catalogue has is shown as it is. */
export function reasonOf({ page, requests }: Words, code: string): string {
  const own: Readonly<Record<string, string>> = page.reason;
  const shared: Readonly<Record<string, string>> = requests.reason;
  if (Object.hasOwn(own, code)) return own[code] ?? code;
  return Object.hasOwn(shared, code) ? (shared[code] ?? code) : code;
}
