/** A document that is due to be fetched, whichever queue it stands in. */
import { parseSha256, type DocumentId, type DocumentRole, type IpaCode, type PracticeId } from '#contracts';
import type { FetchJob } from '#documents';
import type { NodeParts } from '../node-parts.ts';
import { sourcesOf } from './fetch-sources.ts';

/** A claim that nobody renews is due again after this, milliseconds. */
export const CLAIM_MS = 30_000;

/** A document to fetch, with the event that names it. */
export interface DocumentJob extends FetchJob {
  readonly eventId: string;
  readonly role: DocumentRole;
}

/** What a queue's claim returns of it. */
export interface DueRow {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly document: DocumentId;
  readonly author: IpaCode;
  readonly eventId: string;
  readonly role: DocumentRole;
  readonly size: string;
  readonly saltedDigest: string;
  readonly attempts: number;
  readonly decision: Buffer;
  /** Those to ask behind the event's author; asking one that has it not costs a 404. */
  readonly others: readonly IpaCode[];
}

/** @param replace of a document that the store has with other bytes */
export function jobOf(
  parts: Pick<NodeParts, 'ipa' | 'registry'>,
  row: DueRow,
  { replace = false }: Pick<FetchJob['order'], 'replace'> = {},
): DocumentJob {
  const { author, eventId, role, attempts, owner, uuid, document, size, decision } = row;
  return {
    ...{ author, eventId, role, failures: attempts },
    order: {
      key: { owner, practice: uuid, document },
      size: Number(size),
      saltedDigest: parseSha256(row.saltedDigest),
      replace,
      decision,
      sources: sourcesOf(parts, [author, ...row.others]),
    },
  };
}
