import { CreateAccessToken1767225600010 } from './create-access-token.ts';
import { CreateIdempotency1767225600011 } from './idempotency/create-idempotency.ts';

/** The tables behind `AccessModule`: tokens, and the answers kept for who asks again. */
export const ACCESS_MIGRATIONS = [CreateAccessToken1767225600010, CreateIdempotency1767225600011] as const;
