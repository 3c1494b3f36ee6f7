import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';

import { HubError } from '#errors';
import { ApiProblems, documented } from '#platform';

import { principalOf } from '../principal.ts';
import { KEPT_DAYS, type RepeatableCaller } from './answer-once.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** How the OpenAPI document describes the header. */
const HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description: `The same key and content give the same answer, for ${KEPT_DAYS} days; another content is refused. One of the caller’s own for each request, e.g. a UUID.`,
} as const;

const callerParam = createParamDecorator((_: unknown, context: ExecutionContext): RepeatableCaller => {
  const request = context.switchToHttp().getRequest<Request>();
  const principal = principalOf(request);
  if (principal === undefined) throw new HubError('TOKEN_MISSING', 'this route needs a token');
  return { tokenId: principal.tokenId, key: idempotencyKey(request.get('idempotency-key')) };
});

/** Parameter: the {@link RepeatableCaller} of a POST that honours `Idempotency-Key`, documented so. */
export function Repeatable(): ParameterDecorator {
  return documented(
    callerParam(),
    ApiHeader(HEADER),
    ApiProblems('IDEMPOTENCY_KEY_MALFORMED', 'IDEMPOTENCY_KEY_REUSED'),
  );
}

function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (KEY.test(header)) return header;
  throw new HubError(
    'IDEMPOTENCY_KEY_MALFORMED',
    'Idempotency-Key must be 1 to 200 printable ASCII characters',
  );
}
