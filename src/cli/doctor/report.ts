// What a check finds, and the document of `--json`. The names of checks and levels are stable.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";

const LevelSchema = Type.Union([Type.Literal("ok"), Type.Literal("warning"), Type.Literal("problem")]);
export type Level = Static<typeof LevelSchema>;

const CheckSchema = Type.Union([
  Type.Literal("configuration"),
  Type.Literal("port"),
  Type.Literal("store"),
  Type.Literal("other_ccb"),
  Type.Literal("clock"),
  Type.Literal("upstream"),
  Type.Literal("token_endpoint"),
  Type.Literal("proxy"),
  Type.Literal("permissions"),
  Type.Literal("claude_code"),
  Type.Literal("client_path"),
]);
export type Check = Static<typeof CheckSchema>;

const FindingSchema = Type.Object({
  check: CheckSchema,
  level: LevelSchema,
  text: Type.String(),
  advice: Type.Union([Type.String(), Type.Null()], { description: "What to do." }),
});
export type Finding = Static<typeof FindingSchema>;

/** What `ccb doctor --json` prints. `result`: the worst level of all. */
export const DoctorReportSchema = Type.Object({ result: LevelSchema, findings: Type.Array(FindingSchema) });

/** Creates a finding. */
export const found = (check: Check, level: Level, text: string, advice: string | null = null): Finding => ({
  check,
  level,
  text,
  advice,
});

/** The worst level of all. */
export function worst(findings: readonly Finding[]): Level {
  if (findings.some(({ level }) => level === "problem")) return "problem";
  return findings.some(({ level }) => level === "warning") ? "warning" : "ok";
}
