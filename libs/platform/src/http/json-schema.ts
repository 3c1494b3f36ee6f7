import { z } from 'zod';

/** A JSON schema (draft 2020-12), as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI schema of a Zod schema, so that what is checked and what is documented are one thing.
 *
 * @param io `input` for what callers send (before defaults and coercion), `output` for what is answered
 */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  // OpenAPI 3.1 speaks one dialect: naming it in every schema would only be noise.
  return Object.fromEntries(
    Object.entries(z.toJSONSchema(schema, { io, unrepresentable: 'any' })).filter(
      ([key]) => key !== '$schema' && key !== '~standard',
    ),
  );
}
