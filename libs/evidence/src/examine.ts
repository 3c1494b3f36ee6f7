/** Verification step by step, for somebody who wants to see each: a judge's expert, an integrator whose event is refused. */
import { HubError, type ErrorCode } from '#errors';
import type { TrustView } from './trust.ts';
import { verifyEvent, type VerifiedEvent } from './verified-event.ts';

/** The steps, in the order in which they are made. */
export const EXAMINATION_STEPS = [
  'bytes',
  'canonical-form',
  'signature-shape',
  'certificate-digest',
  'references',
  'signature-value',
  'certificate-validity',
  'chain',
  'revocation',
  'certificate-right',
  'schema',
  'author-right',
] as const;
export type ExaminationStep = (typeof EXAMINATION_STEPS)[number];

export interface StepResult {
  readonly step: ExaminationStep;
  /** `not-reached`: an earlier step has failed. */
  readonly result: 'passed' | 'failed' | 'not-reached';
}

/** How an event stands, with every step. `refusal` is what `verifyEvent` throws; `verified` what it gives. */
export type Examination = { readonly steps: readonly StepResult[] } & (
  | { readonly verified: VerifiedEvent; readonly refusal: undefined }
  | { readonly verified: undefined; readonly refusal: HubError }
);

/** Which step refuses with a code. What is not here is of the document's schema, which is read last but one. */
const STEP_OF: Partial<Record<ErrorCode, ExaminationStep>> = {
  SIGNED_DOCUMENT_TOO_LARGE: 'bytes',
  ENCODING_NOT_UTF8: 'bytes',
  DTD_FORBIDDEN: 'bytes',
  PROCESSING_INSTRUCTION_FORBIDDEN: 'bytes',
  COMMENT_FORBIDDEN: 'bytes',
  CDATA_FORBIDDEN: 'bytes',
  MARKUP_EXCESSIVE: 'bytes',
  SIGNED_DOCUMENT_MALFORMED: 'canonical-form',
  NESTING_TOO_DEEP: 'canonical-form',
  NOT_CANONICAL: 'canonical-form',
  SIGNATURE_MISSING: 'signature-shape',
  SIGNATURE_MULTIPLE: 'signature-shape',
  SIGNATURE_MISPLACED: 'signature-shape',
  SIGNATURE_SHAPE: 'signature-shape',
  SIGNATURE_ID_DUPLICATE: 'signature-shape',
  SIGNING_TIME_INVALID: 'signature-shape',
  CERTIFICATE_MALFORMED: 'certificate-digest',
  CERTIFICATE_DIGEST_MISMATCH: 'certificate-digest',
  REFERENCE_DIGEST_MISMATCH: 'references',
  SIGNED_PROPERTIES_DIGEST_MISMATCH: 'references',
  SIGNATURE_ALGORITHM_FORBIDDEN: 'signature-value',
  CERTIFICATE_KEY_UNSUITABLE: 'signature-value',
  SIGNATURE_ENCODING: 'signature-value',
  SIGNATURE_NOT_LOW_S: 'signature-value',
  SIGNATURE_INVALID: 'signature-value',
  CERTIFICATE_NOT_YET_VALID: 'certificate-validity',
  CERTIFICATE_EXPIRED: 'certificate-validity',
  SIGNING_TIME_IN_FUTURE: 'certificate-validity',
  CERTIFICATE_UNTRUSTED: 'chain',
  TRUST_ANCHOR_WITHDRAWN: 'chain',
  CERTIFICATE_UNKNOWN: 'revocation',
  KEY_REVOKED_BEFORE_ARRIVAL: 'revocation',
  CERTIFICATE_LISTING_DISAGREES: 'certificate-right',
  CERTIFICATE_ROLE_WRONG: 'certificate-right',
  CERTIFICATE_NOT_OF_AUTHOR: 'author-right',
};

/**
 * `verifyEvent`, telling each step. The event is valid exactly if `verifyEvent` says so: nothing is decided here a
 * second time.
 * @param at first proof that the event exists: revocation is judged at this time
 */
export function examineEvent(bytes: Buffer, trust: TrustView, at: Date): Examination {
  try {
    const verified = verifyEvent(bytes, trust, at);
    return {
      verified,
      refusal: undefined,
      steps: EXAMINATION_STEPS.map((step) => ({ step, result: 'passed' })),
    };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const failed = EXAMINATION_STEPS.indexOf(stepOf(error));
    const steps = EXAMINATION_STEPS.map(
      (step, i) =>
        ({ step, result: i < failed ? 'passed' : i === failed ? 'failed' : 'not-reached' }) as const,
    );
    return { verified: undefined, refusal: error, steps };
  }
}

function stepOf({ code, message }: HubError): ExaminationStep {
  // The one code of two steps: base64 of the certificate, or of the signature value.
  if (code === 'BASE64_NOT_STRICT')
    return message.includes('certificate') ? 'certificate-digest' : 'signature-value';
  return STEP_OF[code] ?? 'schema';
}
