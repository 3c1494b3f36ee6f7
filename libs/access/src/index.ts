export { accessConfig } from './access-config.ts';
export { AccessModule, type AccessOptions } from './access.module.ts';
export { ACCESS_MIGRATIONS } from './access-migrations.ts';
export { CreateToken, type MadeToken } from './create-token.ts';
export { CallingPeer, CallingPrincipal, Public, Requires, RequiresPeer } from './decorators.ts';
export {
  AnswerOnce,
  contentDigest,
  forgetOldAnswers,
  KEPT_DAYS,
  type Answered,
  type Asked,
  type Attempt,
  type RepeatableCaller,
} from './idempotency/answer-once.ts';
export { Repeatable } from './idempotency/repeatable.ts';
export { peerOf, principalOf, type Principal } from './principal.ts';
export { SCOPES, type Scope } from './scopes.ts';
export { TokenStore, type NewToken, type TokenRecord } from './token-store.ts';
export { hashToken, tokenText, TOKEN_BYTES } from './token-text.ts';
