/** What is filed: a practice with a form and five attachments, about 5 KB once signed. */
import { randomBytes } from 'node:crypto';
import {
  checkEntitlement,
  parseDocumentId,
  parsePracticeId,
  parseSha256,
  type DocumentRef,
  type PracticeRef,
} from '#contracts';
import type { Tx } from '#persistence';
import type { NodeParts } from '../../../apps/authority/src/node-parts.ts';
import type { FilePractice, FilingRequest } from '../../../apps/authority/src/practices/file-practice.ts';
import { mintCui } from '../../../apps/authority/src/practices/mint-cui.ts';
import { appendOwnEvent, newEventId } from '../../../apps/authority/src/practices/own-events.ts';
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

/**
 * The filing use case from its call to its commit, with everything but the storing of documents, segnatura and receipt
 * of filing: the form is validated and its facts read; then, in one transaction, the CUI is minted, the event numbered,
 * checked, signed, verified and stored with the practice and the record to send.
 */
export async function fileOne(parts: NodeParts, useCase: FilePractice, formXml: Buffer): Promise<void> {
  const documents = documentsOf(parts);
  const [form] = documents;
  if (form === undefined) throw new Error('a filing has a form');
  const request = requestOf(parts, formXml, form);
  const checked = useCase.check(request);
  await parts.work.run((tx) => write(tx, parts, checked, { request, documents, form }));
}

async function write(
  tx: Tx,
  parts: NodeParts,
  checked: CheckedFiling,
  {
    request,
    documents,
    form,
  }: {
    readonly request: FilingRequest;
    readonly documents: readonly DocumentRef[];
    readonly form: DocumentRef;
  },
): Promise<void> {
  const at = parts.clock.now();
  const practice: PracticeRef = {
    owner: parts.ipa,
    uuid: request.practice,
    cui: await mintCui(tx, parts.ipa, at),
  };
  const identity = { id: newEventId(parts), practice, documents, form: form.id };
  const event = await composeFiling(tx, parts, identity, checked, at);
  checkEntitlement({ event, registry: parts.registry, practice: null });
  await insertFiled(tx, event, checked);
  await appendOwnEvent(tx, parts, event, at);
}
