import { randomBytes } from 'node:crypto';

import { v4, v7 } from 'uuid';

/** Ids and random bytes, injected so that tests are deterministic. */
export interface IdSource {
  /** A time-ordered UUIDv7 (RFC 9562 §5.7), lower case; later calls of one process sort after earlier ones. */
  uuidv7(): string;
  /** A random UUIDv4 (RFC 9562 §5.4), lower case. */
  uuid(): string;
  /** `n` bytes fit for salts and tokens. */
  bytes(n: number): Buffer;
}

/** Ids from the machine's clock and its cryptographic random source. */
export const systemIds: IdSource = {
  uuidv7: () => v7(),
  uuid: () => v4(),
  bytes: (n) => randomBytes(n),
};

/** Nest token of the {@link IdSource}. */
export const IDS = Symbol('IdSource');
