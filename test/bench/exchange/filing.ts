/** What is filed: a practice with a form and five attachments, about 5 KB once signed. */
import { randomBytes } from 'node:crypto';
import {
  checkEntitlement,
  parseDocumentId,
  parsePracticeId,
  parseSha256,
  type DocumentRef,
} from '#contracts';
import { forEach, Together, type Tx } from '#persistence';
import { zip } from '#platform';
import type { NodeParts } from '../../../apps/authority/src/node-parts.ts';
import { FilePractice, type FilingRequest } from '../../../apps/authority/src/practices/file-practice.ts';
import { mintCuis } from '../../../apps/authority/src/practices/mint-cui.ts';
import { appendOwnEvents, newEventId } from '../../../apps/authority/src/practices/own-events.ts';
import {
  composeFiling,
  insertFiled,
  type CheckedFiling,
} from '../../../apps/authority/src/practices/write-filing.ts';

const ATTACHMENTS = 5;
const BYTES = 250_000;

/** References to documents that exist nowhere: the nodes of the bench note them, and fetch none. */
export function documentsOf(parts: Pick<NodeParts, 'ids'>): readonly DocumentRef[] {
  return Array.from({ length: 1 + ATTACHMENTS }, (_, n) => ({
    id: parseDocumentId(parts.ids.uuid()),
    role: n === 0 ? ('form' as const) : ('attachment' as const),
    mediaType: n === 0 ? 'application/xml' : 'application/pdf',
    size: BYTES + n,
    saltedDigest: parseSha256(randomBytes(32).toString('hex')),
  }));
}

/** The request of the use case, as far as it is looked at without documents. */
export function requestOf(parts: NodeParts, formXml: Buffer, form: DocumentRef): FilingRequest {
  const practice = parsePracticeId(parts.ids.uuid());
  const key = { owner: parts.ipa, practice, document: form.id };
  const stored = {
    size: form.size,
    sha256: form.saltedDigest,
    saltedDigest: form.saltedDigest,
    salt: Buffer.alloc(32),
    name: null,
  };
  return {
    practice,
    procedure: 'edilizia.scia',
    form: { key, stored, mediaType: form.mediaType },
    formXml,
    attachments: [],
    territory: null,
  };
}

/** What is written of a filing: its request as the use case has checked it, and the documents that it names. */
interface Filed {
  readonly request: FilingRequest;
  readonly checked: CheckedFiling;
  readonly documents: readonly DocumentRef[];
}

/**
 * The filing use case from its call to its commit, with everything but the storing of documents, segnatura and receipt
 * of filing: the form is validated and its facts read; then, in one transaction with those that are called at the same
 * time, the CUI is minted, the event numbered, checked, signed, verified and stored with the practice and the record to send.
 */
export class Filer {
  readonly #parts: NodeParts;
  readonly #useCase: FilePractice;
  readonly #together: Together<Filed, undefined>;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#useCase = new FilePractice(parts);
    this.#together = new Together(parts.work, (tx, filed) => writeAll(tx, parts, filed));
  }

  async file(formXml: Buffer): Promise<void> {
    const documents = documentsOf(this.#parts);
    const [form] = documents;
    if (form === undefined) throw new Error('a filing has a form');
    const request = requestOf(this.#parts, formXml, form);
    await this.#together.run({ request, checked: this.#useCase.check(request), documents });
  }
}

async function writeAll(tx: Tx, parts: NodeParts, filed: readonly Filed[]): Promise<undefined[]> {
  const at = parts.clock.now();
  const cuis = await mintCuis(tx, parts.ipa, at, filed.length);
  const events = await forEach(zip(filed, cuis), ([{ request, checked, documents }, cui]) => {
    const practice = { owner: parts.ipa, uuid: request.practice, cui };
    const identity = { id: newEventId(parts), practice, documents, form: request.form.key.document };
    const event = composeFiling(parts, identity, checked, at);
    checkEntitlement({ event, registry: parts.registry, practice: null });
    return event;
  });
  await insertFiled(
    tx,
    zip(events, filed).map(([event, { checked }]) => ({ event, reading: checked.reading })),
  );
  await appendOwnEvents(tx, parts, events, at);
  return filed.map(() => undefined);
}
