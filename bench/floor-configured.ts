// Reads the configuration of floor-start.ts and becomes the relay.
import { readFileSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { parse } from "yaml";

const Configuration = Type.Object({
  providers: Type.Array(Type.Object({ name: Type.String(), base_url: Type.String(), auth_value: Type.String() }), {
    minItems: 1,
  }),
});

const [, , file = "", port = "0"] = process.argv;
const configuration: unknown = parse(readFileSync(file, "utf8"));
if (!Value.Check(Configuration, configuration)) throw new Error(`${file} is no configuration`);
// Where floor.ts looks for them.
process.argv.splice(2, 2, configuration.providers[0]?.base_url ?? "", port);
await import("./floor.ts");
