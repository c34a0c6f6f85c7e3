// Whether the environment of Claude Code leads it to this ccb, with what ccb asks of it. Pure.
import type { Config } from "../../config/config.ts";
import type { Words } from "../../core/words/en.ts";
import { credentialKind } from "../client-environment/variables.ts";
import { judgeBaseUrl } from "./base-url.ts";
import type { ClientEnvironment } from "./claude-settings.ts";
import { clientProxy } from "./client-proxy.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

/** Where Claude Code takes its credential from, the first wins (facts D, "Credential order"). */
const CREDENTIALS = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"] as const;
/** These lead it to a cloud provider, before all others. */
const CLOUDS = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"] as const;

const named = (client: ClientEnvironment, name: string, { doctor }: Words): string =>
  doctor.from({ name, source: client.get(name)?.source ?? null });

/** What it signs with, in words; `helper`: the program of its settings. */
function credentialsOf(client: ClientEnvironment): readonly string[] {
  const set = CREDENTIALS.filter((name) => client.get(name) !== undefined);
  const [token, key] = [set.includes("ANTHROPIC_AUTH_TOKEN"), set.includes("ANTHROPIC_API_KEY")];
  const helper = client.keyHelper === null ? [] : ["apiKeyHelper"];
  return [
    ...(token ? ["ANTHROPIC_AUTH_TOKEN"] : []),
    ...(key ? ["ANTHROPIC_API_KEY"] : []),
    ...helper,
    ...(set.includes("CLAUDE_CODE_OAUTH_TOKEN") ? ["CLAUDE_CODE_OAUTH_TOKEN"] : []),
  ];
}

function judgeCredential(client: ClientEnvironment, config: Config, words: Words): readonly Finding[] {
  const { doctor } = words;
  const { keyNeeded, besides, own } = credentialKind(config);
  const [used, ...others] = credentialsOf(client);
  const findings: Finding[] = [];
  const headers = client.get("ANTHROPIC_CUSTOM_HEADERS")?.value ?? "";
  const keyBeside = /^\s*x-ccb-key\s*:/im.test(headers);
  if (keyNeeded && !keyBeside && (besides || used === undefined))
    findings.push(found("claude_code", "problem", doctor.keyWanted, doctor.keyWantedMend));
  if (used === undefined) {
    if (!besides && !keyNeeded)
      findings.push(found("claude_code", "warning", doctor.sendsNothing, doctor.sendsNothingMend));
    return findings;
  }
  const name = named(client, used, words);
  if (own && used === "ANTHROPIC_AUTH_TOKEN" && client.get(used)?.value === "ccb")
    findings.push(found("claude_code", "problem", doctor.placeholderThrough({ name }), doctor.placeholderThroughMend));
  else if (besides) findings.push(found("claude_code", "ok", doctor.sendsThrough({ name })));
  else if (keyNeeded && !keyBeside) findings.push(found("claude_code", "ok", doctor.sendsKey({ name })));
  else if (used === "CLAUDE_CODE_OAUTH_TOKEN")
    findings.push(found("claude_code", "warning", doctor.oauthTokenSent({ name }), doctor.sendsNothingMend));
  else findings.push(found("claude_code", "ok", doctor.sends({ name })));
  if (others.length > 0) {
    const text = doctor.severalCredentials({ used: name, others });
    findings.push(found("claude_code", "warning", text, doctor.severalCredentialsMend));
  }
  return findings;
}

function judgeClientProxy(client: ClientEnvironment, url: URL, words: Words): readonly Finding[] {
  const proxy = clientProxy(client, url);
  if (proxy === null) return [];
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  const text = words.doctor.clientProxied({ name: named(client, proxy.name, words), host });
  return [found("claude_code", "problem", text, words.doctor.clientProxiedMend({ host }))];
}

/** The findings about the environment; what a base URL of its own changes comes last. */
export function judgeClaudeCode(client: ClientEnvironment, config: Config, words: Words): readonly Finding[] {
  const { doctor } = words;
  const unreadable = client.unreadable.map(({ file, reason }) =>
    found("claude_code", "warning", doctor.settingsUnreadable({ file, reason }), doctor.settingsMend),
  );
  const clouds = CLOUDS.filter((name) => !/^(?:0|false|no|off)?$/i.test(client.get(name)?.value ?? "")).map((name) =>
    found("claude_code", "warning", doctor.cloudProvider({ name: named(client, name, words) }), doctor.unset({ name })),
  );
  const base = judgeBaseUrl(client, config, words);
  if (base.url === null) return [...unreadable, ...clouds, base.finding];
  return [
    ...unreadable,
    ...clouds,
    base.finding,
    ...judgeCredential(client, config, words),
    ...judgeClientProxy(client, base.url, words),
    found("claude_code", "ok", doctor.customUrl),
  ];
}
