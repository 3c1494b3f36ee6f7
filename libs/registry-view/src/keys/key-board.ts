/** The expiry board: who holds which certificate until when, from the registry's list. Pure. */
import { readCertificate } from '#evidence';
import type { CertificateStanding } from '#registry-chain';

const DAY_MS = 86_400_000;

/** Days before the end at which somebody is warned; the smallest that has passed counts. */
export const EXPIRY_WARNING_DAYS = [60, 30, 7] as const;
export type ExpiryWarning = (typeof EXPIRY_WARNING_DAYS)[number];

/**
 * `announced`: listed, and not valid yet. `active`: may be used. `retired`: superseded by the holder's next, which has
 * taken over. `revoked`: no longer good for another reason. `expired`: past its end.
 */
export type KeyState = 'announced' | 'active' | 'retired' | 'revoked' | 'expired';

/** One certificate of the network as it stands at a moment. */
export interface KeyStanding {
  readonly holder: string;
  readonly role: string;
  readonly purpose: string;
  readonly generation: number;
  readonly fingerprint: string;
  /** UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days until `notAfter`, or until it is revoked if that is earlier; negative when past. */
  readonly daysLeft: number;
  readonly state: KeyState;
  readonly revokedFrom: string | null;
  readonly reason: string | null;
  /** The bound that has passed; null also for a key whose holder has a later one that is good. */
  readonly warning: ExpiryWarning | null;
}

/** The certificates with their standing at `now`, by holder, purpose and generation. */
export function keyBoard(certificates: readonly CertificateStanding[], now: Date): KeyStanding[] {
  const keys = certificates.map((certificate) => standing(certificate, now));
  return keys
    .map((key) => ({ ...key, warning: warningOf(key, keys) }))
    .sort(
      (one, other) =>
        order(one.holder, other.holder) ||
        order(one.purpose, other.purpose) ||
        one.generation - other.generation,
    );
}

function standing(listed: CertificateStanding, now: Date): KeyStanding {
  const { holder, role, purpose, fingerprint, notBefore, notAfter, revokedFrom } = listed;
  const ends = Math.min(Date.parse(notAfter), revokedFrom === null ? Infinity : Date.parse(revokedFrom));
  return {
    ...{ holder, role, purpose, fingerprint, notBefore, notAfter, revokedFrom },
    generation: readCertificate(Buffer.from(listed.der, 'base64')).subject?.generation ?? 0,
    daysLeft: Math.floor((ends - now.getTime()) / DAY_MS),
    state: stateOf(listed, now),
    reason: listed.revocationReason,
    warning: null,
  };
}

function stateOf(listed: CertificateStanding, now: Date): KeyState {
  const { notBefore, notAfter, revokedFrom, revocationReason } = listed;
  if (revokedFrom !== null && Date.parse(revokedFrom) <= now.getTime())
    return revocationReason === 'superseded' ? 'retired' : 'revoked';
  if (Date.parse(notAfter) < now.getTime()) return 'expired';
  return Date.parse(notBefore) > now.getTime() ? 'announced' : 'active';
}

/** Nobody is warned of a key that has a successor, nor of one that has no use any more. */
function warningOf(key: KeyStanding, keys: readonly KeyStanding[]): ExpiryWarning | null {
  const isOver = key.state === 'retired' || key.state === 'revoked';
  const hasNext = keys.some(
    (other) =>
      other.holder === key.holder &&
      other.purpose === key.purpose &&
      other.generation > key.generation &&
      (other.state === 'active' || other.state === 'announced'),
  );
  if (isOver || hasNext) return null;
  return EXPIRY_WARNING_DAYS.findLast((days) => key.daysLeft < days) ?? null;
}

/** By code unit, the same on every machine. */
function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
