// A check that is compiled where it is first used: for what every request is held against, and the start is not.
import type { Static, TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { TypeCheck } from "@sinclair/typebox/compiler";

/** Makes the check of a schema. To compile all of them took some milliseconds of each start. */
export function compiledCheck<Schema extends TSchema>(
  schema: Schema,
): { readonly Check: (value: unknown) => value is Static<Schema> } {
  let compiled: TypeCheck<Schema> | null = null;
  return {
    Check: (value): value is Static<Schema> => (compiled ??= TypeCompiler.Compile(schema)).Check(value),
  };
}
