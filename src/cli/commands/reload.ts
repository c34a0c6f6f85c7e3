// ccb reload: the running server loads its configuration again.
import type { Command } from "commander";
import type { Words } from "../../core/words/en.ts";
import { ReloadedSchema } from "../../http/providers-schema.ts";
import { EXIT_OK } from "../configuration.ts";
import { styled } from "../shown.ts";
import { addServerCommand, runOnServer } from "./command.ts";
import type { Done, ServerOptions } from "./command.ts";

/** Adds `reload`. */
export function addReloadCommand(program: Command, words: Words, done: Done): void {
  addServerCommand(program, words, "reload", words.commands.reload, ["ccb reload"]).action(
    async (options: ServerOptions) => {
      done(
        await runOnServer(options, async ({ client, screen, words: said }) => {
          const reply = await client.send("POST", "/providers/reload", null, ReloadedSchema);
          if (options.json === true) {
            screen.json(reply);
            return EXIT_OK;
          }
          const { file, providers, restart_needed: keys, warnings } = reply;
          screen.line(said.commands.reloaded({ file: file ?? said.cli.embedded, providers }));
          if (keys.length > 0) screen.line(styled("warning", said.commands.restartFor({ keys })));
          for (const warning of warnings) screen.line(styled("warning", warning));
          return EXIT_OK;
        }),
      );
    },
  );
}
