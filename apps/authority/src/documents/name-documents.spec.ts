import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_DOCUMENTS, parseDocumentId, parseEventId, parseIpaCode, parsePracticeId } from '#contracts';
import { FileDocumentStore } from '#documents';
import { verifyManifest } from '#evidence';
import { systemIds } from '#platform';
import { aNetwork, TEST_NOW } from '#testing';
import { documentRef, type OwnDocument } from './document-rows.ts';
import { nameDocuments } from './name-documents.ts';

const ipa = parseIpaCode('c_d150');
const practice = { owner: ipa, uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301') };
const id = parseEventId('0197f3a2-0000-7000-8000-000000000001');
const root = await mkdtemp(join(tmpdir(), 'reset-hub-manifest-'));
afterAll(() => rm(root, { recursive: true }));
const network = await aNetwork().founded();
const documents = new FileDocumentStore({ root });
const parts = { ipa, ids: systemIds, signer: network.signerOf(ipa), documents };

const stored = await documents.put(
  { owner: ipa, practice: practice.uuid, document: parseDocumentId(systemIds.uuid()) },
  Readable.from([Buffer.from('a document')]),
  { maxBytes: 100 },
);

function own(role: OwnDocument['role'], count: number): OwnDocument[] {
  return Array.from({ length: count }, () => {
    const key = { owner: ipa, practice: practice.uuid, document: parseDocumentId(systemIds.uuid()) };
    return { role, staged: { key, stored, mediaType: 'text/plain' } };
  });
}

describe('the documents of an event', () => {
  it('are named each by itself as long as an event may name them and their segnatura', async () => {
    const all = [...own('form', 1), ...own('attachment', MAX_DOCUMENTS - 2)];
    const naming = await nameDocuments(parts, { id, practice }, all, TEST_NOW);
    expect(naming.named).toEqual(all.map(({ staged, role }) => documentRef(staged, role)));
    expect(naming.all).toEqual(all);
  });

  it('are named by a signed manifest when they are one more, all but the form', async () => {
    const [form, attachments] = [own('form', 1), own('attachment', MAX_DOCUMENTS - 1)];
    const naming = await nameDocuments(parts, { id, practice }, [...form, ...attachments], TEST_NOW);
    expect(naming.named.map(({ role }) => role)).toEqual(['form', 'manifest']);
    expect(naming.all).toHaveLength(MAX_DOCUMENTS + 1);

    const manifest = naming.all.at(-1)!.staged;
    expect(naming.named[1]).toEqual(documentRef(manifest, 'manifest'));
    const chunks: Buffer[] = [];
    for await (const chunk of documents.open(manifest.key)) chunks.push(chunk);
    const event = {
      id,
      author: { ipa, office: 'UF' },
      practice: { ...practice, cui: 'c_d150/2026/000001' as never },
    };
    const verified = verifyManifest(Buffer.concat(chunks), network.registry, TEST_NOW, event);
    expect(verified.manifest.documents).toEqual(
      attachments.map(({ staged, role }) => documentRef(staged, role)),
    );
  });
});
