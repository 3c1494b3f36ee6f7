import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  parseDocumentId,
  parseEvent,
  parseFilingReceipt,
  parseManifest,
  parsePracticeId,
  topics,
  type DocumentId,
  type HubEvent,
  type Manifest,
} from '#contracts';
import type { DocumentKey } from '#documents';
import { signManifest } from '#evidence';
import { readSegnatura } from '#protocollo';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { appendOwnEvent, composeEvent, newEventId } from '../practices/own-events.ts';
import { documentRef, insertOwnDocuments, type OwnDocument } from './document-rows.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150', { fetching: true });
const province = await TestNode.start(network, 'p_cr', { fetching: true });
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);

interface DocumentRow {
  readonly id: DocumentId;
  readonly eventId: string;
  readonly role: string;
  readonly status: string;
}

const documentsAt = (partner: Partner, practice: string, eventId: string) =>
  partner
    .get<{ documents: DocumentRow[] }>(`/v1/practices/${practice}/documents`)
    .then(({ documents }) => documents.filter((document) => document.eventId === eventId));

const complete = (partner: Partner, practice: string, eventId: string) =>
  until(
    'all documents are complete',
    async () => {
      const documents = await documentsAt(partner, practice, eventId);
      return documents.every(({ status }) => status === 'complete') && documents.length > 1
        ? documents
        : undefined;
    },
    50_000,
  );

const tiny = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    name: `${n}.txt`,
    type: 'text/plain',
    bytes: Buffer.from(`${n}`),
  }));

describe('a filing with 501 attachments', { timeout: 120_000 }, () => {
  it('names its form and a manifest, arrives whole, and is said to be complete once', async () => {
    const { practiceId, eventId } = await office.filed({ attachments: tiny(501) });
    const bytes = await office.call(`/v1/practices/${practiceId}/events/${eventId}`);
    const event = parseEvent(bytes.bytes);
    expect(event.documents.map(({ role, mediaType }) => [role, mediaType])).toEqual([
      ['form', 'application/xml'],
      ['manifest', 'application/xml'],
      ['segnatura', 'application/xml'],
    ]);
    const receipt = await office.call(`/v1/practices/${practiceId}/receipt`);
    expect(parseFilingReceipt(receipt.bytes).documents).toHaveLength(502);

    const [filing] = await takeOutbox(city);
    await exchange.deliver(await exchange.decide(filing?.value ?? Buffer.alloc(0)));
    const here = await complete(counter, practiceId, eventId);
    expect(here).toHaveLength(504);
    expect(here.filter(({ role }) => role === 'attachment')).toHaveLength(501);

    const manifest = await counter.call(
      `/v1/practices/${practiceId}/documents/${event.documents[1]?.id ?? ''}`,
    );
    const { documents } = parseManifest(manifest.bytes);
    const last = await counter.call(`/v1/practices/${practiceId}/documents/${documents[500]?.id ?? ''}`);
    expect(last.bytes.toString()).toBe('500');

    const said = receiptsIn(await takeOutbox(province)).filter(({ event: about }) => about.id === eventId);
    expect(said.map(({ kind }) => kind)).toEqual(['received', 'documents-complete', 'registered']);
    // The manifest is the node's own way of listing: the segnatura names what it lists.
    const { bytes: segnatura } = await counter.call(
      `/v1/practices/${practiceId}/events/${eventId}/segnatura`,
    );
    expect(readSegnatura(segnatura).attachments).toHaveLength(501);
  });
});

describe('an act with 501 documents', { timeout: 120_000 }, () => {
  it('names only its manifest and its segnatura', async () => {
    const practice = await placedPractice();
    const body = new FormData();
    body.append('type', 'conclusion.issued');
    body.append('outcome', 'favourable');
    for (const { name, type, bytes } of tiny(501))
      body.append('document', new Blob([new Uint8Array(bytes)], { type }), name);
    const { status } = await counter.call(`/v1/practices/${practice}/events`, { method: 'POST', body });
    expect(status).toBe(201);
    const sent = await takeOutbox(province);
    const act = sent.find(({ topics: targets }) => targets.includes(topics.outbox(province.ipa)));
    const event = parseEvent(act?.value ?? Buffer.alloc(0));
    expect(event.documents.map(({ role }) => role)).toEqual(['manifest', 'segnatura']);
    const own = await documentsAt(counter, practice, event.id);
    expect(own.map(({ role }) => role).sort()).toEqual([
      ...Array<string>(501).fill('act'),
      'manifest',
      'segnatura',
    ]);
  });
});

/** What a manifest of an act of the city would rightly say. */
type Saying = (right: Manifest, event: HubEvent) => Promise<Buffer> | Buffer;

const bySigner = (holder: string): Saying => {
  return (right) => signManifest(right, network.signerOf(holder), network.clock.now());
};
const saying = (change: Partial<Manifest>): Saying => {
  return (right) => signManifest({ ...right, ...change }, network.signerOf('c_d150'), network.clock.now());
};

describe('a manifest that does not pass', () => {
  it.each<[string, Saying, string]>([
    ['is signed by another than the event’s author', bySigner('p_cr'), 'CERTIFICATE_NOT_OF_AUTHOR'],
    [
      'is of another practice',
      saying({
        practice: {
          owner: city.ipa,
          uuid: parsePracticeId('3f2504e0-4f89-41d3-9a0c-0305e82c3301'),
        },
      }),
      'MANIFEST_OF_ANOTHER_EVENT',
    ],
    [
      'is of another event',
      saying({ event: { author: city.ipa, event: newEventId(city.parts) } }),
      'MANIFEST_OF_ANOTHER_EVENT',
    ],
    ['does not parse', () => Buffer.from('<Manifest'), 'SIGNED_DOCUMENT_MALFORMED'],
    ['lists nothing', saying({ documents: [] }), 'XSD_INVALID'],
    ['is larger than a manifest may be', () => Buffer.alloc(8_388_609), 'XML_TOO_LARGE'],
  ])(
    'because it %s is kept in quarantine, its author is told, and nothing is called complete',
    async (_, make, cause) => {
      const { practice, event, manifest } = await actWithManifest(make);
      await exchange.settle();
      const entry = await refusedEntry(manifest);
      expect(entry).toMatchObject({
        code: 'MANIFEST_REFUSED',
        reason: expect.stringContaining(cause) as string,
      });
      expect(await documentsAt(counter, practice, event.id)).toMatchObject([
        { role: 'manifest', status: 'refused' },
      ]);
      await exchange.settle();
      const { receipts } = await office.get<{ receipts: { eventId: string; kind: string; code: string }[] }>(
        `/v1/practices/${practice}`,
      );
      const said = receipts.filter(({ eventId }) => eventId === event.id);
      expect(said.map(({ kind, code }) => [kind, code]).sort()).toEqual([
        ['parked', 'MANIFEST_REFUSED'],
        ['received', null],
      ]);
      const again = await counter.call(`/v1/quarantine/${entry.id}/release`, { method: 'POST' });
      expect(again.json).toMatchObject({ status: 'parked', code: 'MANIFEST_REFUSED' });
    },
  );

  it('because another event names one of its documents passes the same checks once that is mended', async () => {
    const blocked = parseDocumentId('3f2504e0-4f89-41d3-9a0c-0305e82c3399');
    const { practice, event, manifest } = await actWithManifest(bySigner('c_d150'), blocked);
    await province.rows(
      `insert into document (owner, uuid, document_id, author, event_id, role, media_type, size, salted_digest, status)
       select owner, uuid, $2, author, event_id, 'attachment', media_type, size, salted_digest, 'complete'
       from document where uuid = $1 and role = 'form'`,
      [practice, blocked],
    );
    await exchange.settle();
    const { id, reason } = await refusedEntry(manifest);
    expect(reason).toContain('DOCUMENT_EXISTS');

    await province.rows('delete from document where uuid = $1 and document_id = $2', [practice, blocked]);
    const released = await counter.call(`/v1/quarantine/${id}/release`, { method: 'POST' });
    expect(released.json).toMatchObject({ status: 'released' });
    const here = await complete(counter, practice, event.id);
    expect(here.map((document) => document.role).sort()).toEqual(['act', 'manifest']);
  });
});

async function placedPractice(): Promise<string> {
  const { practiceId, eventId } = await office.filed({ attachments: tiny(1) });
  await exchange.settle();
  await complete(counter, practiceId, eventId);
  return practiceId;
}

async function refusedEntry(manifest: DocumentId): Promise<{ id: string; code: string; reason: string }> {
  return until('the manifest is in quarantine', async () => {
    const { entries } = await counter.get<{
      entries: { id: string; code: string; reason: string; origin: { offset: string } }[];
    }>('/v1/quarantine?limit=500');
    return entries.find(({ origin }) => origin.offset.endsWith(manifest));
  });
}

/** An act of the city with one document, named only by a manifest that says what it likes. */
async function actWithManifest(make: Saying, listed = newDocumentId()) {
  const practice = parsePracticeId(await placedPractice());
  const { parts } = city;
  const at = network.clock.now();
  const filing = parseEvent(
    (
      await city.rows<{ bytes: Buffer }>('select bytes from event where uuid = $1 and number = 1', [practice])
    )[0]?.bytes ?? Buffer.alloc(0),
  );
  const id = newEventId(parts);
  const act = await staged({ owner: city.ipa, practice, document: listed }, Buffer.from('an act'), 'act');
  const draft = { ...filing, id, facts: [], office: filing.author.office };
  const { role, ...named } = documentRef(act.staged, 'act');
  const right: Manifest = {
    version: '1.0',
    event: { author: city.ipa, event: id },
    practice: { owner: city.ipa, uuid: practice },
    documents: role === 'act' ? [{ ...named, role }] : [],
  };
  const key = { owner: city.ipa, practice, document: newDocumentId() };
  const manifest = await staged(key, await make(right, filing), 'manifest');
  return parts.work.run(async (tx) => {
    const documents = [documentRef(manifest.staged, 'manifest')];
    const body = { type: 'integration.requested', term: { days: 10, kind: 'calendar' } } as const;
    const event = await composeEvent(tx, parts, { ...draft, body, documents }, at);
    await appendOwnEvent(tx, parts, event, at);
    await insertOwnDocuments(tx, event, [act, manifest]);
    return { practice, event, manifest: key.document };
  });
}

function newDocumentId(): DocumentId {
  return parseDocumentId(city.parts.ids.uuid());
}

async function staged(key: DocumentKey, bytes: Buffer, role: OwnDocument['role']): Promise<OwnDocument> {
  const stored = await city.parts.documents.put(key, Readable.from([bytes]), { maxBytes: 1e8 });
  return { role, staged: { key, stored, mediaType: 'application/xml' } };
}
