import type { X509Certificate } from 'node:crypto';

import type { Request } from 'express';

import type { Scope } from './scopes.ts';

/** Who calls with a token. */
export interface Principal {
  readonly tokenId: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
}

interface Caller {
  principal?: Principal;
  peer?: X509Certificate;
}

/** The caller's token, on a route that a token opens; `undefined` when a certificate opened it. */
export function principalOf(request: Request): Principal | undefined {
  return (request as Caller).principal;
}

/** The caller's transport certificate, verified against the network's authority, on a route that it opens. */
export function peerOf(request: Request): X509Certificate | undefined {
  return (request as Caller).peer;
}

/**
 * The bearer token's text as sent (RFC 6750 §2.1: in the Authorization header, nowhere else).
 * @returns `null` if the header is absent or of another scheme, empty text if it is no single token
 */
export function bearerTextOf(request: Request): string | null {
  const [scheme = '', text = '', ...rest] = (request.headers.authorization ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') return null;
  return rest.length === 0 ? text : '';
}

/** Only the guard says who calls. */
export function markCaller(request: Request, caller: Caller): void {
  Object.assign(request, caller);
}
