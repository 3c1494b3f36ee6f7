/** What arrives in an inbox beside events, once it has been screened. */
import type { Receipt } from '#contracts';
import type { ErrorCode } from '#errors';

/** A verified receipt with its bytes. */
export interface HeldReceipt {
  readonly receipt: Receipt;
  readonly bytes: Buffer;
}

/** The router's notice that it parked one of this node's records: the bytes come back, with the reason. */
export interface ParkedNotice {
  /** SHA-256 of the bytes. */
  readonly digest: string;
  readonly code: ErrorCode;
  /** What was wrong, in the router's words. */
  readonly reason: string | null;
}
