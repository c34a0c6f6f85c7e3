// How many tokens a reply took: the shape that its trace shows. Nothing else, so that the page can read it, too.
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";

const NullableCount = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

export const UsageSchema = Type.Object(
  {
    input_tokens: NullableCount,
    output_tokens: NullableCount,
    cache_creation_input_tokens: NullableCount,
    cache_read_input_tokens: NullableCount,
  },
  { description: "As the upstream counted them; null: not said. All input is the sum of the three." },
);
export type Usage = Static<typeof UsageSchema>;
