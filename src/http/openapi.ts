// The shape in which routes describe themselves for the OpenAPI document, and what all of them share.
import { Type } from "@sinclair/typebox";
import type { TSchema } from "@sinclair/typebox";

interface OpenApiHeader {
  readonly description: string;
  readonly schema: { readonly type: "string" | "integer" };
}

interface OpenApiResponse {
  description: string;
  headers?: Record<string, OpenApiHeader>;
  content?: Record<string, { schema: TSchema; example: unknown }>;
}

interface OpenApiParameter {
  name: string;
  in: "query";
  required: boolean;
  description: string;
  schema: { type: "integer"; minimum: number; maximum: number; default: number } | { type: "string" };
}

export interface OpenApiOperation {
  tags: string[];
  summary: string;
  description: string;
  /** Those of the query; Elysia knows those of the path. */
  parameters?: OpenApiParameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: TSchema; example: unknown }> };
  responses: Record<string, OpenApiResponse>;
}

const ErrorSchema = Type.Object({
  type: Type.Literal("error"),
  error: Type.Object({ type: Type.String(), message: Type.String() }),
  request_id: Type.String(),
});

/** A JSON response with its schema and an example. */
export function jsonResponse(description: string, schema: TSchema, example: unknown): OpenApiResponse {
  return { description, content: { "application/json": { schema, example } } };
}

/** An error in the Anthropic envelope. */
export function errorResponse(description: string, type: string, message: string): OpenApiResponse {
  return jsonResponse(description, ErrorSchema, {
    type: "error",
    error: { type, message },
    request_id: "ccb_0f1e2d3c4b5a69788796a5b4",
  });
}
