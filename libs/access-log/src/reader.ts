import { principalOf, type Scope } from '#access';
import { HubError } from '#errors';
import { ApiProblems, documented } from '#platform';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';

/** Who reads, and why, as the request says. */
export interface Reader {
  readonly tokenId: string;
  /** Whom the token's system has named as its operator; null if it reads for itself. */
  readonly operator: string | null;
  /** In the reader's words; null if none were given. */
  readonly purpose: string | null;
  /** Each of its reads is an access of its own: it is a person's, or the token is one of the node's operators'. */
  readonly counted: 'each' | 'daily';
}

/** A token with one of these is held by people who look after the node, not by a partner's system. */
const OPERATORS: ReadonlySet<Scope> = new Set<Scope>(['quarantine', 'audit', 'accesses', 'admin']);

const TEXT = /^[\x20-\x7e]{1,200}$/;

const HEADERS = {
  operator: {
    name: 'Reset-Hub-Operator',
    required: false,
    description:
      'The person for whom a system reads, by any name of its own: each read is an access of that person’s then. The log has an HMAC.',
  },
  purpose: {
    name: 'Reset-Hub-Purpose',
    required: false,
    description: 'Why it is read, e.g. a file number. It stays at this node: the log has a salted digest.',
  },
} as const;

const readerParam = createParamDecorator((_: unknown, context: ExecutionContext): Reader | null => {
  const request = context.switchToHttp().getRequest<Request>();
  const principal = principalOf(request);
  if (principal === undefined) return null;
  const operator = textOf(request, HEADERS.operator.name);
  const purpose = textOf(request, HEADERS.purpose.name);
  const isCounted = operator !== null || principal.scopes.some((scope) => OPERATORS.has(scope));
  return { tokenId: principal.tokenId, operator, purpose, counted: isCounted ? 'each' : 'daily' };
});

/**
 * Parameter: the {@link Reader} of a route whose answer is an access, documented so; null for another node, which reads
 * what it takes part in and is known by its certificate.
 */
export function ReadBy(): ParameterDecorator {
  return documented(
    readerParam(),
    ApiHeader(HEADERS.operator),
    ApiHeader(HEADERS.purpose),
    ApiProblems('ACCESS_HEADER_MALFORMED'),
  );
}

function textOf(request: Request, name: string): string | null {
  const value = request.get(name)?.trim();
  if (value === undefined || value === '') return null;
  if (TEXT.test(value)) return value;
  throw new HubError('ACCESS_HEADER_MALFORMED', `${name} has at most 200 printable characters of ASCII`);
}
