/** The judgements of a report, spelt once. */
import { HubError, type ErrorCode } from '#errors';
import type { Chain, Coverage, Finding, FoundSignature, SignatureFormat } from './report.ts';

export const VALID = { status: 'valid', code: null, why: null } as const;
export const WHOLE: Coverage = { status: 'whole', code: null, why: null, bytesAfter: 0 };
export const UNKNOWN_COVERAGE: Coverage = { status: 'unknown', code: null, why: null, bytesAfter: 0 };

export function invalid(code: ErrorCode, why: string): Finding<'invalid'> {
  return { status: 'invalid', code, why };
}

export function notChecked(code: ErrorCode, why: string): Finding<'not-checked'> {
  return { status: 'not-checked', code, why };
}

export function changedAfter(bytesAfter: number): Coverage {
  const code = 'UPLOAD_CHANGED_AFTER_SIGNING';
  return {
    status: 'changed-after-signing',
    code,
    why: `${bytesAfter} bytes follow the last signature`,
    bytesAfter,
  };
}

/** What is there and was not examined: nothing is known of who signed. */
export const NOBODY = {
  level: null,
  kind: 'signature',
  signer: null,
  certificate: null,
  signingTime: null,
  chain: {
    status: 'not-anchored',
    code: 'UPLOAD_SIGNER_CERTIFICATE_ABSENT',
    why: 'no certificate was read',
  } satisfies Chain,
  coverage: UNKNOWN_COVERAGE,
  content: null,
  notLookedInto: [],
} as const;

/** A signature of which nothing but this can be said. */
export function bareSignature(
  format: SignatureFormat,
  depth: number,
  integrity: FoundSignature['integrity'],
): FoundSignature {
  return { ...NOBODY, format, depth, integrity };
}

/** Codes that say "this software does not check that", where others say "this is not right". */
const NOT_CHECKED: ReadonlySet<ErrorCode> = new Set([
  'UPLOAD_FORMAT_NOT_CHECKED',
  'UPLOAD_ALGORITHM_NOT_CHECKED',
  'UPLOAD_SIGNED_CONTENT_ABSENT',
  'UPLOAD_SIGNER_CERTIFICATE_ABSENT',
  'UPLOAD_CHECK_LIMIT',
  'UPLOAD_CHECK_FAILED',
]);

/** What an error met while checking says of the signature. Anything but a HubError is a fault of ours. */
export function findingOf(error: unknown): Finding<'invalid' | 'not-checked'> {
  if (!(error instanceof HubError))
    return notChecked('UPLOAD_CHECK_FAILED', 'the check met a fault of its own');
  const { code, message } = error;
  return NOT_CHECKED.has(code) ? notChecked(code, message) : invalid(code, message);
}
