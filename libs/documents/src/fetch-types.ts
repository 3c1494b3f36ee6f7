import type { IpaCode, Sha256 } from '#contracts';
import type { HubError } from '#errors';

import type { DocumentKey, StoredDocument } from './document-store.ts';

/** A node that may have the document. */
export interface FetchSource {
  readonly holder: IpaCode;
  /** Base URL (https) from the registry. */
  readonly nodeUrl: string;
}

/** One document to fetch, as an event names it. */
export interface FetchOrder {
  readonly key: DocumentKey;
  /** Bytes. */
  readonly size: number;
  readonly saltedDigest: Sha256;
  /** Bytes of the SignedItem of the decision on the event that names the document. */
  readonly decision: Buffer;
  /** What is here under this id is in doubt: it counts only if all its bytes are right, and is replaced otherwise. */
  readonly replace?: boolean;
  /** The event's author first, then participants whose receipt says that they have all documents. */
  readonly sources: readonly FetchSource[];
}

/**
 * Why a source gave nothing. `away`: no answer, or one that says "later". `refused`: it does not hand the document
 * over (403, 404 and the like). `gone`: it has destroyed it for good (410). `wrong`: other bytes, another protocol or a false certificate; an operator should know.
 */
export interface SourceProblem {
  readonly source: IpaCode;
  readonly kind: 'away' | 'refused' | 'gone' | 'wrong';
  readonly error: HubError;
}

/**
 * How far a document is. `author-away`: the author's node does not answer, and no other source has it. `destroyed`: its
 * author has destroyed it, and nobody else has it: there is nothing more to ask for.
 */
export const FETCH_STATES = ['fetching', 'complete', 'author-away', 'destroyed'] as const;
export type FetchState = (typeof FETCH_STATES)[number];

export type FetchResult =
  | {
      readonly state: 'complete';
      readonly document: StoredDocument;
      /** Who sent the last byte; null if the document was here already. */
      readonly from: IpaCode | null;
      readonly problems: readonly SourceProblem[];
    }
  | {
      readonly state: 'fetching' | 'author-away' | 'destroyed';
      readonly problems: readonly SourceProblem[];
    };
