/** Signatures of citizens and professionals in documents: found after the filing, reported, never a reason to refuse. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLogger } from '#platform';
import type { FoundSignature } from '#signed-uploads';
import { aCa, aCms, aPdf, aSigner, padesBy, signedPdf } from '#testing';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import { loadTrustAnchors } from './load-trust-anchors.ts';
import { SignatureChecking } from './signature-checking.ts';
import { claimCheck } from './signature-queue.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150');
const province = await TestNode.start(network, 'p_cr', { fetching: true });
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const ca = await aCa();
const ada = await aSigner(ca);
const SIGNED = signedPdf(aPdf(), padesBy(ada));
const CHANGED = Buffer.concat([SIGNED, Buffer.from('% aggiunta\n')]);
const ENVELOPE = aCms(ada, { content: SIGNED });

const running: SignatureChecking[] = [];
afterAll(() => Promise.all(running.map((checking) => checking.close())));

/** Checks at a node until the file ends, as the running node does. */
function checkingAt(
  { parts }: TestNode,
  anchors: readonly (typeof ca.certificate)[] = [],
): SignatureChecking {
  const logger = createLogger('test', { level: 'silent' });
  const checking = new SignatureChecking({ parts, anchors, logger, pollMs: 50 });
  checking.start();
  running.push(checking);
  return checking;
}

interface Listed {
  readonly id: string;
  readonly name: string | null;
  readonly role: string;
  readonly status: string;
  readonly signatures: readonly FoundSignature[];
  readonly signatureCheck: {
    readonly status: string;
    readonly incomplete: { readonly code: string } | null;
  } | null;
}

/** What was handed in: a segnatura is the node's own, and nobody looks into it. */
const documentsOf = (partner: Partner, practice: string) =>
  partner.get<{ documents: Listed[] }>(`/v1/practices/${practice}/documents`).then(({ documents }) => {
    const [own, uploads] = [true, false].map((isOwn) =>
      documents.filter(({ role }) => (role === 'segnatura') === isOwn),
    );
    expect(own?.map(({ signatureCheck }) => signatureCheck)).toEqual([null]);
    return uploads ?? [];
  });

const checked = (partner: Partner, practice: string) =>
  until(`the documents are checked at ${partner.node.ipa}`, async () => {
    const documents = await documentsOf(partner, practice);
    const done = documents.every(({ signatureCheck }) => signatureCheck?.status === 'done');
    return documents.length > 0 && done ? documents : undefined;
  });

const filed = (...attachments: readonly (readonly [string, Buffer])[]) =>
  office.filed({ attachments: attachments.map(([name, bytes]) => ({ name, bytes })) });
const named = (documents: readonly Listed[], name: string) => documents.find((one) => one.name === name)!;

describe('the signatures in the documents of a filing', () => {
  it('wait to be checked, whether anybody checks or not, and the filing is in', async () => {
    const { practiceId } = await filed(['relazione.pdf', SIGNED]);
    const documents = await documentsOf(office, practiceId);
    expect(documents.map(({ signatureCheck }) => signatureCheck?.status)).toEqual(['waiting', 'waiting']);
    expect(await office.get(`/v1/practices/${practiceId}`)).toMatchObject({
      documents: { total: 3, complete: 3, signatures: 0, unchecked: 2 },
    });
  });

  it('are reported by the node that received them, each with what it found itself', async () => {
    checkingAt(city, [ca.certificate]);
    checkingAt(province);
    const { practiceId } = await filed(['relazione.pdf', CHANGED], ['asseverazione.pdf.p7m', ENVELOPE]);
    const documents = await checked(office, practiceId);
    expect(named(documents, 'asseverazione.pdf.p7m').signatures).toMatchObject([
      {
        format: 'CAdES',
        signer: { name: 'Ada Prova', taxCode: 'AAAAAA00A00A000A' },
        integrity: { status: 'valid' },
        chain: { status: 'anchored' },
        content: { mediaType: 'application/pdf' },
      },
      { format: 'PAdES', depth: 1, integrity: { status: 'valid' }, coverage: { status: 'whole' } },
    ]);
    expect(named(documents, 'relazione.pdf').signatures).toMatchObject([
      { integrity: { status: 'valid' }, coverage: { code: 'UPLOAD_CHANGED_AFTER_SIGNING', bytesAfter: 11 } },
    ]);
    expect(await office.get(`/v1/practices/${practiceId}`)).toMatchObject({
      documents: { signatures: 3, signaturesInDoubt: 1, unchecked: 0 },
    });
    await new Exchange(network, city, province).settle();
    const received = await checked(counter, practiceId);
    expect(named(received, 'asseverazione.pdf.p7m').signatures).toMatchObject([
      { integrity: { status: 'valid' }, chain: { code: 'UPLOAD_TRUST_LIST_ABSENT' } },
      { format: 'PAdES' },
    ]);
  });

  it('are in no event, no header and no receipt', async () => {
    const rows = await city.rows<{ text: string }>(
      `select encode(bytes, 'escape') as text from event
       union all select encode(payload, 'escape') || headers::text from outbox
       union all select to_jsonb(f)::text from feed f`,
    );
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.filter(({ text }) => /Prova|AAAAAA00A00A000A|PAdES|CAdES/.test(text))).toEqual([]);
  });
});

describe('a check that came to no end', () => {
  it('is made later, when the process died in it', async () => {
    await Promise.all(running.map((checking) => checking.close()));
    const { practiceId } = await filed(['relazione.pdf', SIGNED]);
    // A process that takes both orders and dies.
    const aWhileAgo = new Date(network.clock.now().getTime() - 121_000);
    await city.rows('update document_signatures set next_attempt_at = $1 where uuid = $2', [
      aWhileAgo,
      practiceId,
    ]);
    for (let i = 0; i < 2; i += 1) await city.parts.work.run((tx) => claimCheck(tx, aWhileAgo));
    expect(await city.rows('select attempts from document_signatures where uuid = $1', [practiceId])).toEqual(
      [{ attempts: 1 }, { attempts: 1 }],
    );
    checkingAt(city);
    const documents = await checked(office, practiceId);
    expect(named(documents, 'relazione.pdf').signatures).toHaveLength(1);
  });

  it('is given up after three, and the report says that it is incomplete', async () => {
    await Promise.all(running.map((checking) => checking.close()));
    const { practiceId } = await filed(['relazione.pdf', SIGNED]);
    await city.rows('update document_signatures set attempts = 3 where uuid = $1', [practiceId]);
    checkingAt(city);
    const documents = await checked(office, practiceId);
    expect(documents.map(({ signatureCheck }) => signatureCheck?.incomplete?.code)).toEqual([
      'UPLOAD_CHECK_FAILED',
      'UPLOAD_CHECK_FAILED',
    ]);
  });

  it('for a document that is gone ends with that', async () => {
    await Promise.all(running.map((checking) => checking.close()));
    const { practiceId } = await filed(['relazione.pdf', SIGNED]);
    const { id } = named(await documentsOf(office, practiceId), 'relazione.pdf');
    const key = (await city.stored()).find(({ document }) => document === id)!;
    await city.parts.documents.delete(key);
    checkingAt(city);
    const documents = await checked(office, practiceId);
    expect(named(documents, 'relazione.pdf').signatureCheck?.incomplete?.code).toBe('DOCUMENT_NOT_FOUND');
  });
});

describe('what was found', () => {
  it('dies with the document’s row', async () => {
    const { practiceId } = await filed(['relazione.pdf', SIGNED]);
    await checked(office, practiceId);
    const count = () =>
      city.rows<{ n: number }>('select count(*)::int as n from document_signatures where uuid = $1', [
        practiceId,
      ]);
    expect(await count()).toEqual([{ n: 2 }]);
    await city.rows('delete from document where uuid = $1', [practiceId]);
    expect(await count()).toEqual([{ n: 0 }]);
  });
});

describe('the folder of trust anchors', () => {
  it('gives every authority in it, and is refused with a file that holds none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reset-hub-anchors-'));
    try {
      await expect(loadTrustAnchors(folder)).rejects.toMatchObject({ code: 'TRUST_ANCHOR_UNREADABLE' });
      const other = await aCa('Altra CA');
      await writeFile(
        join(folder, 'one.pem'),
        `${ca.certificate.toString()}\n${other.certificate.toString()}`,
      );
      await writeFile(join(folder, 'README.txt'), 'EU trusted list');
      expect(await loadTrustAnchors(folder)).toHaveLength(2);
      await writeFile(join(folder, 'citizen.crt'), ada.certificate.toString());
      await expect(loadTrustAnchors(folder)).rejects.toMatchObject({ code: 'TRUST_ANCHOR_UNREADABLE' });
    } finally {
      await rm(folder, { recursive: true });
    }
    await expect(loadTrustAnchors(folder)).rejects.toMatchObject({ code: 'TRUST_ANCHOR_UNREADABLE' });
    expect(await loadTrustAnchors(null)).toEqual([]);
  });
});
