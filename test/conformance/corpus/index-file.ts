/** The corpus as it is stored, read by whoever runs it. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_BYTES } from '#contracts';
import { HubError } from '#errors';
import {
  generalEngine,
  verifyDecision,
  verifyEvent,
  verifyFilingReceipt,
  verifyReceipt,
  verifyRegistryEntry,
  type TrustView,
} from '#evidence';
import type { CorpusListing } from './authority.ts';
import { cooked, type CaseEntry, type CaseKind } from './case.ts';

export const CORPUS_DIR = join('contracts', 'conformance');

/** `index.json`. */
export interface CorpusIndex {
  /** When cases arrive that do not say otherwise. */
  readonly at: string;
  /** File of the only trust anchor, PEM. */
  readonly anchor: string;
  /** Certificates that the registry lists. */
  readonly certificates: readonly CorpusListing[];
  readonly cases: readonly CaseEntry[];
}

export function readIndex(): CorpusIndex {
  return JSON.parse(readFileSync(join(CORPUS_DIR, 'index.json'), 'utf8')) as CorpusIndex;
}

export function trustOf({ anchor, certificates }: CorpusIndex): TrustView {
  const listings = new Map<string, CorpusListing>(
    certificates.map((listing) => [listing.fingerprint, listing]),
  );
  return {
    anchors: [new X509Certificate(readFileSync(join(CORPUS_DIR, anchor)))],
    certificate: (fingerprint) => listings.get(fingerprint),
  };
}

/** A case's bytes, read or made. */
export function bytesOf(entry: CaseEntry, cases: readonly CaseEntry[]): Buffer {
  if (entry.file !== undefined) return readFileSync(join(CORPUS_DIR, entry.file));
  if (entry.recipe === undefined) throw new Error(`${entry.name} has neither file nor recipe`);
  const { base } = entry.recipe;
  const found = cases.find(({ name }) => name === base);
  return cooked(entry.recipe, found === undefined ? undefined : bytesOf(found, cases));
}

const VERIFY: Readonly<Record<CaseKind, (bytes: Buffer, trust: TrustView, at: Date) => unknown>> = {
  event: verifyEvent,
  decision: verifyDecision,
  receipt: verifyReceipt,
  registry: verifyRegistryEntry,
  'filing-receipt': verifyFilingReceipt,
};

/** What we answer to a case: the code of the refusal, null if it is accepted. Anything but a `HubError` is thrown on. */
export function answerTo(kind: CaseKind, bytes: Buffer, trust: TrustView, at: Date): string | null {
  return codeOf(() => VERIFY[kind](bytes, trust, at));
}

/** What the general engine answers to an event. */
export function generalAnswerTo(bytes: Buffer): string | null {
  return codeOf(() => generalEngine.check(bytes, MAX_BYTES.event));
}

function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}
