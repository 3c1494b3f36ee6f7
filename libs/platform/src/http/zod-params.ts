import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiParam, ApiQuery } from '@nestjs/swagger';
import type { Request } from 'express';
import type { z } from 'zod';

import { HubError } from '#errors';

import { jsonSchema, type JsonSchema } from './json-schema.ts';
import { readJson } from './read-json.ts';

/** Enough for any JSON of the APIs; files travel as multipart. */
const JSON_LIMIT_BYTES = 1024 * 1024;

/**
 * Parses a value that a caller sent.
 *
 * @param place where it was: `body`, `query`, or the name of a path parameter
 * @throws HubError `REQUEST_INVALID`: `details.fields` is a list of `{path, message}`, with paths such as `body.scopes.0`
 */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    path: [place, ...issue.path].map(String).join('.'),
    message: issue.message,
  }));
  const detail = fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new HubError('REQUEST_INVALID', detail, { details: { fields } });
}

// Nest takes data with a key `schema` or `pipes` for options of its own, hence `shape`.
interface BodyRule {
  readonly shape: z.ZodType;
  readonly limitBytes: number;
}

const bodyParam = createParamDecorator(async ({ shape, limitBytes }: BodyRule, context: ExecutionContext) =>
  parseRequest(shape, await readJson(requestOf(context), limitBytes), 'body'),
);

const queryParam = createParamDecorator(
  ({ shape }: { readonly shape: z.ZodType }, context: ExecutionContext) =>
    parseRequest(shape, requestOf(context).query, 'query'),
);

const pathParam = createParamDecorator(
  ({ name, shape }: { readonly name: string; readonly shape: z.ZodType }, context: ExecutionContext) =>
    parseRequest(shape, requestOf(context).params[name], name),
);

/**
 * The parsed JSON body of the request, checked and documented by one schema. A body over `limitBytes` (1 MiB unless
 * given) is refused.
 */
export function ZodBody(schema: z.ZodType, { limitBytes = JSON_LIMIT_BYTES } = {}): ParameterDecorator {
  return documented(
    bodyParam({ shape: schema, limitBytes }),
    ApiBody({ schema: jsonSchema(schema, 'input'), required: true }),
  );
}

/** The parsed query of the request; a value is text, or a list of texts when a name comes twice. */
export function ZodQuery(schema: z.ZodObject): ParameterDecorator {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as QuerySchema;
  const queries = Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    const text = typeof description === 'string' ? { description } : {};
    return ApiQuery({ name, schema: rest, required: required.includes(name), ...text });
  });
  return documented(queryParam({ shape: schema }), ...queries);
}

/** A parsed path parameter. */
export function ZodParam(name: string, schema: z.ZodType): ParameterDecorator {
  return documented(
    pathParam({ name, shape: schema }),
    ApiParam({ name, schema: jsonSchema(schema, 'input') }),
  );
}

interface QuerySchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

function requestOf(context: ExecutionContext): Request {
  return context.switchToHttp().getRequest<Request>();
}

/** Adds to a parameter decorator the decorators that document its method. */
export function documented(
  inject: ParameterDecorator,
  ...documents: readonly MethodDecorator[]
): ParameterDecorator {
  return (target, method, index) => {
    inject(target, method, index);
    if (method === undefined) return;
    const descriptor = Object.getOwnPropertyDescriptor(target, method);
    if (descriptor === undefined) return;
    for (const document of documents) document(target, method, descriptor);
  };
}
