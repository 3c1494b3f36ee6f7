import type { Reader } from '#access-log';
import type { Decision } from '#contracts';
import type { DocumentKey } from '#documents';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { FoundSignature } from '#signed-uploads';
import type { NodeParts } from '../node-parts.ts';
import { findPractice } from '../practices/practice-rows.ts';
import { shownCheck, type CheckRow, type SignatureCheckView } from './shown-check.ts';

/** A document as this node holds it, or is about to. */
export interface DocumentView {
  readonly id: string;
  readonly eventId: string;
  readonly author: string;
  readonly role: string;
  readonly mediaType: string;
  readonly size: number;
  /** Known once it is complete. */
  readonly name: string | null;
  readonly status: 'complete' | 'fetching' | 'author-away' | 'refused' | 'lost';
  readonly awaySince: string | null;
  readonly saltedDigest: string;
  /** Known once it is complete. */
  readonly sha256: string | null;
  /** What this node found of the signatures of citizens and professionals in it. */
  readonly signatures: readonly FoundSignature[];
  /** Null for what is not checked: a document that is not here yet, and what a node wrote itself. */
  readonly signatureCheck: SignatureCheckView | null;
}

interface CompleteDocument {
  readonly mediaType: string;
}

/** What this node knows of documents. */
export class FindDocuments {
  readonly #parts: Pick<NodeParts, 'work' | 'accesses'>;

  constructor(parts: Pick<NodeParts, 'work' | 'accesses'>) {
    this.#parts = parts;
  }

  /** @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS` */
  list(
    practiceId: string,
    owner: string | undefined,
    reader: Reader | null,
  ): Promise<readonly DocumentView[]> {
    return this.#parts.work.answer(async (tx) => {
      const practice = await findPractice(tx, practiceId, owner);
      await this.#parts.accesses.note(tx, reader, { kind: 'documents', practice, id: null });
      const rows = await tx.query<
        Omit<DocumentView, 'size' | 'awaySince' | keyof CheckRow | 'signatures' | 'signatureCheck'> &
          CheckRow & { size: string; awaySince: Date | null }
      >(
        `select d.document_id as id, d.event_id as "eventId", d.author, d.role, d.media_type as "mediaType", d.size,
                d.file_name as name,
                case when l.document_id is null then d.status else 'lost' end as status, d.away_since as "awaySince", d.salted_digest as "saltedDigest", d.sha256,
                s.document_id is not null as ordered, s.report, s.checked_at as "checkedAt"
         from document d join event e on e.author = d.author and e.event_id = d.event_id
           left join document_signatures s
             on s.owner = d.owner and s.uuid = d.uuid and s.document_id = d.document_id
           left join lost_document l
             on l.owner = d.owner and l.uuid = d.uuid and l.document_id = d.document_id
         where d.owner = $1 and d.uuid = $2 order by e.position nulls last, e.number, d.role desc, d.document_id`,
        [practice.owner, practice.uuid],
      );
      return rows.map(({ ordered, report, checkedAt, ...row }) => ({
        ...row,
        ...shownCheck({ ordered, report, checkedAt }),
        size: Number(row.size),
        awaySince: row.awaySince?.toISOString() ?? null,
      }));
    });
  }

  /**
   * A document that is complete here, for another node: only if that event names it.
   * @throws HubError `DOCUMENT_NOT_FOUND` (also while it is still being fetched)
   */
  forNode(key: DocumentKey, event: Decision['event']): Promise<CompleteDocument> {
    return this.#parts.work.run((tx) => this.#complete(tx, key, event));
  }

  /**
   * A document that is complete here, for somebody who reads it. A refused manifest can be read too: it is evidence.
   * @throws HubError as `forNode`
   */
  forReader(key: DocumentKey, reader: Reader | null): Promise<CompleteDocument> {
    return this.#parts.work.answer(async (tx) => {
      const found = await this.#complete(tx, key, null);
      const practice = { owner: key.owner, uuid: key.practice };
      await this.#parts.accesses.note(tx, reader, { kind: 'document', practice, id: key.document });
      return found;
    });
  }

  async #complete(tx: Tx, key: DocumentKey, event: Decision['event'] | null): Promise<CompleteDocument> {
    const [row] = await tx.query<CompleteDocument>(
      `select media_type as "mediaType" from document
         where owner = $1 and uuid = $2 and document_id = $3
           and (status = 'complete' and author = $4 and event_id = $5
                or $4::text is null and status in ('complete', 'refused'))`,
      [key.owner, key.practice, key.document, event?.author ?? null, event?.id ?? null],
    );
    if (row) return row;
    throw new HubError('DOCUMENT_NOT_FOUND', `no document ${key.document} is complete here`);
  }
}
