/** What DSS is given, and what it must say. */
export interface Sample {
  /** What it is, for people. */
  readonly about: string;
  readonly bytes: Buffer;
  /** `xml` unless it is a container. */
  readonly type?: 'zip';
  /** What DSS must say: that all is well, or the sub-indication of what is not (ETSI EN 319 102-1 §5.1.3). */
  readonly expected:
    | 'TOTAL_PASSED'
    | 'HASH_FAILURE'
    | 'SIGNED_DATA_NOT_FOUND'
    | 'REVOKED_NO_POE'
    | 'NO_CERTIFICATE_CHAIN_FOUND';
}

/** What DSS must find nothing wrong with. */
export const valid = (about: string, bytes: Buffer): Sample => ({ about, bytes, expected: 'TOTAL_PASSED' });
