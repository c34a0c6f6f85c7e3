// What a schema expects, in words.
import { TypeGuard } from "@sinclair/typebox";
import type { TSchema } from "@sinclair/typebox";

import type { Words } from "../core/words/en.ts";

/** The allowed words of a union of literals, or of one literal. */
function allowedWords(schema: TSchema): string[] | null {
  const parts = TypeGuard.IsUnion(schema) ? schema.anyOf : [schema];
  const literals = parts.filter((part) => TypeGuard.IsLiteral(part)).map((part) => String(part.const));
  return literals.length === parts.length ? literals : null;
}

/** "a whole number from 0 to 65535", "true or false", "one of: DEBUG, INFO …" */
export function expectation(schema: TSchema, words: Words): string {
  const { config } = words;
  const allowed = allowedWords(schema);
  if (allowed !== null) return config.expectWords(allowed);
  if (TypeGuard.IsBoolean(schema)) return config.expectBoolean;
  if (TypeGuard.IsInteger(schema)) return config.expectInteger(schema.minimum ?? 0, schema.maximum ?? 0);
  if (TypeGuard.IsNumber(schema)) {
    return schema.exclusiveMinimum === undefined
      ? config.expectNumber(schema.minimum ?? 0, schema.maximum ?? 0)
      : config.expectNumberAbove(schema.exclusiveMinimum, schema.maximum ?? 0);
  }
  if (TypeGuard.IsArray(schema)) return config.expectList(schema.minItems ?? 0, schema.maxItems ?? 0);
  if (TypeGuard.IsObject(schema) || TypeGuard.IsRecord(schema)) return config.expectMapping;
  if (TypeGuard.IsString(schema)) {
    const length = schema.maxLength ?? 0;
    if (schema.title === "name") return config.expectName(length);
    if (schema.title === "visible") return config.expectVisible(length);
    if (schema.title === "sha256") return words.access.expectSha256;
    if (schema.title === "path") return words.access.expectPath;
    return schema.title === "scopes" ? config.expectScopes : config.expectText(length);
  }
  return config.expectOther;
}
