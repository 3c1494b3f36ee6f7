import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

import { ERROR_POLICIES, type ErrorCode } from '#errors';

import { jsonSchema } from './json-schema.ts';
import { problemDocument } from './problem.ts';

/** Every route names it: worked out once, it is most of what the documentation takes of a start. */
const PROBLEM = { 'application/problem+json': { schema: jsonSchema(problemDocument, 'output') } };

/** Documents one answer of a route: status, meaning, and the Zod schema of its JSON body when it has one. */
export function ApiAnswer(
  status: number,
  description: string,
  schema?: z.ZodType,
): MethodDecorator & ClassDecorator {
  if (schema === undefined) return ApiResponse({ status, description });
  const content = { 'application/json': { schema: jsonSchema(schema, 'output') } };
  return ApiResponse({ status, description, content });
}

/** Documents the error codes that a route may answer, gathered by their HTTP status, as problem+json. */
export function ApiProblems(...codes: readonly ErrorCode[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(codes, (code) => ERROR_POLICIES[code].http);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${ERROR_POLICIES[code].en}`).join('\n\n'),
        content: PROBLEM,
      }),
    ),
  );
}
