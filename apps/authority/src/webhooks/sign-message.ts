import { createHmac } from 'node:crypto';

/** Marks the text of a secret (Standard Webhooks, “Secret encoding”). */
const PREFIX = 'whsec_';
/** Standard Webhooks asks for 24 to 64 bytes. */
export const SECRET_BYTES = 32;

/** A message as it is sent: the same in every attempt but for the time of the attempt. */
export interface Message {
  /** The same in every attempt; without a full stop, which divides the signed content. */
  readonly id: string;
  readonly body: string;
}

export function secretText(bytes: Buffer): string {
  return `${PREFIX}${bytes.toString('base64')}`;
}

/**
 * The headers of an attempt (Standard Webhooks 1.0): id and time are inside the signature, so that neither can be
 * changed and an old request cannot be played again. One signature for each secret: while a secret is replaced,
 * receivers with either accept.
 * @param secrets texts with `whsec_`
 */
export function signedHeaders(
  { id, body }: Message,
  at: Date,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
