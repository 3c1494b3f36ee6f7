import { createHash, hkdfSync } from 'node:crypto';

/** 32 random bytes behind a prefix by which secret scanners and our own logs know a token. */
const TOKEN_SHAPE = /^rh_[A-Za-z0-9_-]{43}$/;
/** Bytes of randomness in a token. */
export const TOKEN_BYTES = 32;

/** The token's text, `rh_<base64url>`, for 32 random bytes. It is shown once and never stored. */
export function tokenText(random: Buffer): string {
  return `rh_${random.toString('base64url')}`;
}

/** What a derived token is bound to (the `info` of RFC 5869 §2.2). */
const DERIVATION = 'reset-hub access token v1';

/**
 * The text of a new token, from the text of the token that makes it and a random salt (HKDF-SHA256, RFC 5869): whoever
 * asks again after a lost answer gets the same text, and what is stored, a salt and a hash, tells it to nobody else.
 */
export function derivedTokenText(maker: string, salt: Buffer): string {
  return tokenText(Buffer.from(hkdfSync('sha256', maker, salt, DERIVATION, TOKEN_BYTES)));
}

/** True for text that may be a token; anything else is refused without asking the database. */
export function isTokenText(text: string): boolean {
  return TOKEN_SHAPE.test(text);
}

/**
 * What is stored of a token: SHA-256 of its text (`printf %s rh_… | sha256sum` gives the same). The text has 256 random
 * bits, so that no slow password hash is needed, and looking the hash up tells nothing about other tokens by its time.
 */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text, 'ascii').digest();
}
