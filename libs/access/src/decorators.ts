import type { X509Certificate } from 'node:crypto';

import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';

import { HubError } from '#errors';
import { ApiProblems, permit } from '#platform';

import { peerOf, principalOf, type Principal } from './principal.ts';
import type { Scope } from './scopes.ts';

type AnyOf = readonly [Scope, ...Scope[]];

/** Anyone may call this route. Rare: everything else names a scope. */
export function Public(): MethodDecorator & ClassDecorator {
  return permit({ kind: 'public' });
}

/** A bearer token with any one of these scopes may call this route. */
export function Requires(...anyOf: AnyOf): MethodDecorator & ClassDecorator {
  return applyDecorators(
    permit({ kind: 'scopes', anyOf }),
    ApiSecurity('bearer'),
    ApiProblems('TOKEN_MISSING', 'TOKEN_INVALID', 'SCOPE_MISSING'),
  );
}

/**
 * Another node may call this route, with its transport certificate over mutual TLS; so may a token with any one of
 * `orAnyOf`, when some are given. Which node, and whether it takes part, is for the route to ask the registry.
 */
export function RequiresPeer(...orAnyOf: readonly Scope[]): MethodDecorator & ClassDecorator {
  const codes = orAnyOf.length === 0 ? [] : (['TOKEN_MISSING', 'TOKEN_INVALID', 'SCOPE_MISSING'] as const);
  return applyDecorators(
    permit({ kind: 'peer', orAnyOf }),
    ApiSecurity('peer'),
    ...(orAnyOf.length === 0 ? [] : [ApiSecurity('bearer')]),
    ApiProblems('CLIENT_CERTIFICATE_MISSING', ...codes),
  );
}

/** Parameter: the {@link Principal} that calls. On a route for tokens only. */
export const CallingPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = principalOf(context.switchToHttp().getRequest<Request>());
  if (principal === undefined) throw new HubError('TOKEN_MISSING', 'this route needs a token');
  return principal;
});

/** Parameter: the calling node's `X509Certificate`. On a route for nodes only. */
export const CallingPeer = createParamDecorator((_: unknown, context: ExecutionContext): X509Certificate => {
  const peer = peerOf(context.switchToHttp().getRequest<Request>());
  if (peer === undefined) throw new HubError('CLIENT_CERTIFICATE_MISSING', 'no client certificate was shown');
  return peer;
});
