// The launchd agent of ccb, generated (launchd.plist(5)). Nothing secret is in it.
import { serveArguments, stopSeconds } from "./plan.ts";
import type { ServicePlan } from "./plan.ts";

export const AGENT_LABEL = "claude-code-balancer";

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** 0077 */
const OWNER_ONLY = 63;
const OPEN_FILES = 65_536;
/** launchd waits so long between two starts, seconds. */
const RESTART_SECONDS = 10;

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function render(value: Value, indent: string): string {
  const deeper = `${indent}  `;
  if (typeof value === "string") return `${indent}<string>${escapeXml(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  if (Array.isArray(value))
    return [`${indent}<array>`, ...value.map((item) => render(item, deeper)), `${indent}</array>`].join("\n");
  const entries = Object.entries(value).map(
    ([key, item]) => `${deeper}<key>${escapeXml(key)}</key>\n${render(item, deeper)}`,
  );
  return [`${indent}<dict>`, ...entries, `${indent}</dict>`].join("\n");
}

/** The text of the property list. Every path of the plan must be absolute and plain (`isPlain`). */
export function launchdPlist(plan: ServicePlan): string {
  const agent: Value = {
    Label: AGENT_LABEL,
    ProgramArguments: [plan.program, ...serveArguments(plan)],
    RunAtLoad: true,
    // As with systemd: a crash is followed by another start, an orderly end is not.
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: RESTART_SECONDS,
    ExitTimeOut: stopSeconds(plan.graceSeconds),
    // A person waits for every reply: no throttled disk, processor or timers.
    ProcessType: "Interactive",
    Umask: OWNER_ONLY,
    // A memory image would hold the tokens. Two sockets a request.
    HardResourceLimits: { Core: 0 },
    SoftResourceLimits: { Core: 0, NumberOfFiles: OPEN_FILES },
    StandardOutPath: plan.logFile,
    StandardErrorPath: plan.logFile,
    ...(plan.storeKey === null ? {} : { EnvironmentVariables: { CCB_STORE_KEY_FILE: plan.storeKey } }),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    render(agent, ""),
    "</plist>",
    "",
  ].join("\n");
}
