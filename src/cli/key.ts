// ccb key new: a key for one who may call, shown once, and the line for the file, which holds its digest alone.
import { Value } from "@sinclair/typebox/value";
import type { Command } from "commander";
import { ClientKeySchema } from "../config/client-key-schema.ts";
import { nearest } from "../config/nearest.ts";
import { wordsOf } from "../core/language.ts";
import type { Random } from "../core/ports.ts";
import { Secret } from "../core/secret.ts";
import type { Words } from "../core/words/en.ts";
import { toKeyDigest } from "../http/keys.ts";
import { exampleText } from "./commands/examples.ts";
import { EXIT_OK, EXIT_USAGE, systemLanguage } from "./configuration.ts";
import { realRandom, writeError, writeOutput } from "./runtime.ts";

/** What cannot be guessed: 256 bits. */
const KEY_BYTES = 32;
/** By which a key is told from others, by people and by scanners of leaked secrets. */
const PREFIX = "ccb_";

/** A new key. */
function createKey(random: Pick<Random, "bytes">): Secret {
  return new Secret(PREFIX + Buffer.from(random.bytes(KEY_BYTES)).toString("base64url"));
}

/** What is printed of a new key: the one place where it is shown. The name is quoted, whatever it holds. */
function describeKey(key: Secret, name: string, role: string, words: Words): string {
  const line = `- {name: ${JSON.stringify(name)}, key_sha256: ${toKeyDigest(key)}, role: ${role}}`;
  const { keyMade, keyLine, keyUse } = words.access;
  return [keyMade, key.reveal(), "", keyLine, `      ${line}`, "", keyUse, ""].join("\n");
}

/** The code of commander's error for a missing or unknown action, or a missing name. */
export const NO_SUCH_KEY_ACTION = "ccb.noSuchKeyAction";

interface KeyOptions {
  readonly role: string;
  readonly json?: boolean;
}

/** Adds `key new NAME`; `done` takes the exit code. */
export function addKeyCommand(program: Command, words: Words, done: (code: number) => void): void {
  program
    .command("key")
    .description(words.access.key)
    .helpOption("-h, --help", words.cli.helpOption)
    .argument("[action]", words.access.keyAction)
    .argument("[name]", words.access.keyName)
    .option("--role <role>", words.access.keyRole, "client")
    .option("--json", words.commands.jsonFlag)
    .addHelpText("after", exampleText(words, words.examples.key))
    .allowExcessArguments(false)
    .action((action: string | undefined, name: string | undefined, options: KeyOptions, command: Command) => {
      if (action !== "new" || name === undefined) {
        const meant = action === undefined || action === "new" ? null : nearest(action, ["new"]);
        command.error(meant ?? "", { code: NO_SUCH_KEY_ACTION, exitCode: 2 });
      }
      done(newKey(name, options));
    });
}

/** Prints a new key. Returns the exit code: 2 for a name or a role that cannot be. */
function newKey(name: string, { role, json }: KeyOptions): number {
  const words = wordsOf(systemLanguage());
  const { name: NameSchema, role: RoleSchema } = ClientKeySchema.properties;
  const problem = Value.Check(NameSchema, name)
    ? Value.Check(RoleSchema, role)
      ? null
      : words.access.keyRoleBad
    : words.access.keyNameBad;
  if (problem !== null) {
    writeError(`${words.cli.usageError({ text: problem })}\n`);
    return EXIT_USAGE;
  }
  const key = createKey(realRandom);
  const made = { name, role, key: key.reveal(), key_sha256: toKeyDigest(key) };
  writeOutput(json === true ? `${JSON.stringify(made)}\n` : describeKey(key, name, role, words));
  return EXIT_OK;
}
