import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';

import { HubError } from '#errors';
import { ROUTE_PERMISSION, type RoutePermission } from '#platform';

import { bearerTextOf, markCaller, type Principal } from './principal.ts';
import { TokenStore } from './token-store.ts';

const CHALLENGE = 'Bearer realm="reset-hub"';

/** Lets through who holds the route's permission, and nobody where a route has none. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TokenStore) private readonly tokens: TokenStore,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Messages from the broker are judged by their signature, not by a token.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const permission = this.reflector.getAllAndOverride<RoutePermission | undefined>(ROUTE_PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (permission === undefined) {
      throw new HubError('ROUTE_WITHOUT_PERMISSION', `${request.method} ${request.path} names no permission`);
    }
    if (permission.kind === 'public') return true;
    if (permission.kind === 'peer') {
      // Whoever sends a token where one will do is to be judged by it: a partner may have to show a certificate to connect.
      const hasToken = permission.orAnyOf.length > 0 && bearerTextOf(request) !== null;
      const peer = hasToken ? undefined : peerCertificate(request);
      if (peer !== undefined) {
        markCaller(request, { peer });
        return true;
      }
      if (permission.orAnyOf.length === 0) {
        throw new HubError(
          'CLIENT_CERTIFICATE_MISSING',
          'the connection has no client certificate of the network',
        );
      }
    }
    const anyOf = permission.kind === 'peer' ? permission.orAnyOf : permission.anyOf;
    markCaller(request, { principal: await this.#authorise(request, response, anyOf) });
    return true;
  }

  /** RFC 6750 §3: how a refusal is told. */
  async #authorise(request: Request, response: Response, anyOf: readonly string[]): Promise<Principal> {
    const text = bearerTextOf(request);
    if (text === null) {
      response.set('WWW-Authenticate', CHALLENGE);
      throw new HubError('TOKEN_MISSING', 'the Authorization header has no bearer token');
    }
    const principal = await this.tokens.verify(text);
    if (principal === undefined) {
      response.set('WWW-Authenticate', `${CHALLENGE}, error="invalid_token"`);
      throw new HubError('TOKEN_INVALID', 'the token is unknown or revoked');
    }
    if (!principal.scopes.some((scope) => anyOf.includes(scope))) {
      response.set(
        'WWW-Authenticate',
        `${CHALLENGE}, error="insufficient_scope", scope="${anyOf.join(' ')}"`,
      );
      throw new HubError('SCOPE_MISSING', `the token needs one of: ${anyOf.join(', ')}`, {
        details: { anyOf },
      });
    }
    return principal;
  }
}

/** The client's certificate if the handshake verified it against the network's authority. */
function peerCertificate(request: Request): X509Certificate | undefined {
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.authorized !== true) return undefined;
  return socket.getPeerX509Certificate?.();
}
