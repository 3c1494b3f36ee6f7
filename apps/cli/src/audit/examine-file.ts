import type { X509Certificate } from 'node:crypto';
import { MAX_EVENT_BYTES } from '#contracts';
import { HubError } from '#errors';
import {
  examineEvent,
  readCrlOf,
  strictEngine,
  type CheckedSignature,
  type Examination,
  type ExaminationStep,
  type RevocationList,
} from '#evidence';
import { certificateTrust, listsOf, readAnchors } from './certificate-trust.ts';

/** What an event is checked with, read from files. */
export interface Evidence {
  /** PEM, one CA or several. */
  readonly ca: string;
  /** Revocation lists with the names of their files. */
  readonly crls: readonly { readonly file: string; readonly bytes: Buffer }[];
  /** First proof that the event exists. */
  readonly at: Date;
}

/** A step for people: beside what the engine says, `not-checked` where nothing was given to check it with. */
export interface ToldStep {
  readonly step: ExaminationStep;
  readonly result: 'passed' | 'failed' | 'not-reached' | 'not-checked';
  /** What was looked at, with the values found. */
  readonly detail: string;
}

export interface ToldCrl {
  readonly file: string;
  readonly issuer: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
  readonly revoked: number;
  /** True if the next list should have come by the time of the check. */
  readonly stale: boolean;
}

export interface ToldCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface FileExamination {
  readonly examination: Examination;
  readonly steps: readonly ToldStep[];
  readonly crls: readonly ToldCrl[];
  /** The signing certificate and the claimed time, if the signature itself holds. */
  readonly certificate: ToldCertificate | null;
  readonly signedAt: string | null;
}

/**
 * Examines an event's bytes offline.
 * @throws HubError `USAGE_INVALID` if CA or list cannot be used: then nothing is said about the event
 */
export function examineFile(bytes: Buffer, { ca, crls, at }: Evidence): FileExamination {
  const anchors = usable('--trust', () => readAnchors(ca));
  const lists = crls.map(({ file, bytes: list }) => ({
    file,
    list: usable(`--crl ${file}`, () => readCrlOf(list, anchors)),
  }));
  const all = lists.map(({ list }) => list);
  const examination = examineEvent(bytes, certificateTrust(ca, all), at);
  const signature = integrityOf(bytes);
  const context = { bytes, at, signature, anchors, lists: all, failure: examination.refusal?.message ?? '' };
  return {
    examination,
    steps: examination.steps.map(({ step, result }) => told(step, result, context)),
    crls: lists.map(({ file, list }) => ({
      file,
      issuer: list.issuer,
      thisUpdate: list.thisUpdate.toISOString(),
      nextUpdate: list.nextUpdate.toISOString(),
      revoked: list.size,
      stale: list.isStale(at),
    })),
    certificate: signature === undefined ? null : certificateOf(signature),
    signedAt: signature?.signingTime?.toISOString() ?? null,
  };
}

interface Context {
  readonly bytes: Buffer;
  readonly at: Date;
  readonly signature: CheckedSignature | undefined;
  readonly anchors: readonly X509Certificate[];
  readonly lists: readonly RevocationList[];
  readonly failure: string;
}

function told(step: ExaminationStep, result: ToldStep['result'], context: Context): ToldStep {
  if (result === 'failed') return { step, result, detail: context.failure };
  if (result === 'passed' && step === 'revocation') return toldRevocation(context);
  return { step, result, detail: DETAILS[step](context) };
}

/** What each step looks at. */
const DETAILS: Readonly<Record<ExaminationStep, (context: Context) => string>> = {
  bytes: ({ bytes }) =>
    `${bytes.length} bytes of UTF-8, without DTD, comment, CDATA or processing instruction`,
  'canonical-form': () => 'the bytes are their own exclusive canonical form (xml-exc-c14n)',
  'signature-shape': () => 'one signature, the root’s last child, built as the profile prescribes',
  'certificate-digest': ({ signature }) =>
    `SigningCertificateV2 names the certificate carried${signature === undefined ? '' : `: SHA-256 ${signature.certificate.fingerprint}`}`,
  references: () => 'content and signed properties have the SHA-256 digests that were signed',
  'signature-value': ({ signature }) =>
    `the value verifies with the certificate’s key${signature === undefined ? '' : ` (${signature.certificate.algorithm?.keys ?? ''})`}`,
  'certificate-validity': ({ signature }) =>
    signature === undefined
      ? 'valid at SigningTime'
      : `valid from ${signature.certificate.notBefore.toISOString()} to ${signature.certificate.notAfter.toISOString()}; signed at ${signature.signingTime?.toISOString() ?? ''}`,
  chain: ({ signature, anchors }) => {
    const issuer = anchors.find((anchor) => signature?.certificate.x509.checkIssued(anchor));
    return `issued by a trusted CA${issuer === undefined ? '' : `: ${oneLine(issuer.subject)}`}`;
  },
  revocation: () => 'not revoked at the time of first proof',
  'certificate-right': ({ signature }) => {
    const subject = signature?.certificate.subject;
    const who = subject === undefined ? '' : `: ${subject.holder}, ${subject.role}, ${subject.purpose}`;
    return `the certificate is an authority’s, for signing${who}`;
  },
  schema: () => 'the event follows event-1.xsd',
  'author-right': () => 'the signer is the author that the event names',
};

function toldRevocation({ signature, anchors, lists, at }: Context): ToldStep {
  const step = 'revocation';
  const own = signature === undefined ? [] : listsOf(signature.certificate.x509, anchors, lists);
  if (own.length === 0)
    return { step, result: 'not-checked', detail: 'no revocation list of the issuer was given (--crl)' };
  const latest = own.reduce((one, other) => (one.thisUpdate > other.thisUpdate ? one : other));
  const stale = latest.isStale(at)
    ? `; the list is STALE, the next one was due ${latest.nextUpdate.toISOString()}`
    : '';
  return {
    step,
    result: 'passed',
    detail: `not revoked at ${at.toISOString()} by the issuer’s list of ${latest.thisUpdate.toISOString()}${stale}`,
  };
}

function certificateOf({
  certificate: { x509, fingerprint, notBefore, notAfter },
}: CheckedSignature): ToldCertificate {
  return {
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serialNumber: x509.serialNumber,
    fingerprint,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  };
}

function integrityOf(bytes: Buffer): CheckedSignature | undefined {
  try {
    return strictEngine.check(bytes, MAX_EVENT_BYTES);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

export function usable<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError('USAGE_INVALID', `${option}: ${cause.code}: ${cause.message}`, { cause });
  }
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
