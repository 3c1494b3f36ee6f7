export { accessConfig } from './access-config.ts';
export { AccessModule, type AccessOptions } from './access.module.ts';
export { CreateAccessToken1767225600010 } from './create-access-token.ts';
export { CallingPeer, CallingPrincipal, Public, Requires, RequiresPeer } from './decorators.ts';
export { peerOf, principalOf, type Principal } from './principal.ts';
export { SCOPES, type Scope } from './scopes.ts';
export { TokenStore, type NewToken, type TokenRecord } from './token-store.ts';
export { hashToken, tokenText, TOKEN_BYTES } from './token-text.ts';
