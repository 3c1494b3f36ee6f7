import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parseDocumentId, parsePracticeId } from '#contracts';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, receiptsIn, takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';

const network = await realNetwork();
const city = await TestNode.start(network, 'c_d150', { fetching: true });
const province = await TestNode.start(network, 'p_cr', { fetching: true });
const [office, counter] = [await Partner.of(city), await Partner.of(province)];
const exchange = new Exchange(network, city, province);
const PDF = Buffer.from(`%PDF-1.7 ${'0123456789'.repeat(20_000)}`);
/** Behind the header, in the first chunk. */
const IN_CONTENT = 700;

interface Listed {
  readonly id: string;
  readonly role: string;
  readonly status: string;
  readonly sha256: string | null;
}
interface Lost {
  readonly total: number;
  readonly lastCheck: { readonly endedAt: string | null; readonly checked: number } | null;
  readonly documents: readonly { readonly id: string; readonly attempts: number; readonly code: string }[];
}

const documentsOf = async (partner: Partner, practice: string): Promise<readonly Listed[]> =>
  (await partner.get<{ documents: readonly Listed[] }>(`/v1/practices/${practice}/documents`)).documents;
const lostAt = (partner: Partner) => partner.get<Lost>('/v1/lost-documents');
const pathOf = async (node: TestNode, id: string): Promise<string> => {
  const names = await readdir(node.home, { recursive: true });
  return join(node.home, names.find((name) => name.endsWith(`${id}.hubdoc`)) ?? 'none');
};
const damage = async (path: string, at: number): Promise<void> => {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
};
const noneLost = (partner: Partner) =>
  until('everything is back', async () => ((await lostAt(partner)).total === 0 ? true : undefined));

/** What the store gives of documents of a practice of the city's. */
const contentsOf = (node: TestNode, practice: string, documents: readonly Listed[]): Promise<Buffer[]> =>
  Promise.all(
    documents.map(({ id }) => {
      const place = { owner: city.ipa, practice: parsePracticeId(practice), document: parseDocumentId(id) };
      return buffer(node.parts.documents.open(place));
    }),
  );

/** A filing with an attachment that both have, and whose participant has said so. */
async function received() {
  const { practiceId } = await office.filed({ attachments: [{ name: 'pianta.pdf', bytes: PDF }] });
  await exchange.settle();
  await until('the province has all', async () => {
    const documents = await documentsOf(counter, practiceId).catch(() => []);
    return documents.length > 0 && documents.every(({ status }) => status === 'complete') ? true : undefined;
  });
  await exchange.settle();
  const documents = await documentsOf(office, practiceId);
  const idOf = (role: string): string => documents.find((one) => one.role === role)?.id ?? '';
  return { practiceId, documents, idOf };
}

describe('documents that the disk has lost', () => {
  it('are found, absent or cut off, and fetched back from who received them, to the last byte; nothing is said twice', async () => {
    const { practiceId, documents, idOf } = await received();
    const paths = [await pathOf(city, idOf('form')), await pathOf(city, idOf('attachment'))] as const;
    const [cut, bytes] = [await readFile(paths[1]), await contentsOf(city, practiceId, documents)];
    await rm(paths[0]);
    await writeFile(paths[1], cut.subarray(0, 70_000));
    await takeOutbox(city);
    expect(await city.lost.check()).toMatchObject({ missing: 2, failed: 0 });
    await noneLost(office);
    expect(await contentsOf(city, practiceId, documents)).toEqual(bytes);
    expect(await documentsOf(office, practiceId)).toEqual(documents);
    expect(receiptsIn(await takeOutbox(city))).toEqual([]);
    expect(await city.lost.check()).toMatchObject({ missing: 0 });
  });

  it('are not given out damaged: the connection is cut, and the next answer is whole', async () => {
    const { practiceId, idOf } = await received();
    const file = await pathOf(city, idOf('attachment'));
    await damage(file, IN_CONTENT);
    expect(await city.lost.check()).toMatchObject({ missing: 0 });
    const path = `/v1/practices/${practiceId}/documents/${idOf('attachment')}`;
    await expect(office.call(path)).rejects.toThrow();
    const again = () => office.call(path).catch(() => ({ bytes: Buffer.alloc(0) }));
    await expect.poll(async () => (await again()).bytes.equals(PDF), { timeout: 15_000 }).toBe(true);
  });

  it('of somebody else’s events come from their author, and nothing is registered again', async () => {
    const { practiceId, documents } = await received();
    const register = () =>
      province.rows('select register, number, author, event_id from protocol order by number');
    const before = await register();
    for (const { id } of documents) await rm(await pathOf(province, id));
    await province.lost.check();
    await noneLost(counter);
    for (const { id, sha256 } of documents) {
      const { bytes } = await counter.call(`/v1/practices/${practiceId}/documents/${id}`);
      expect([id, bytes.length > 0, sha256]).toEqual([id, true, expect.any(String)]);
    }
    expect(await register()).toEqual(before);
  });

  it('stay in sight while nobody gives them, are tried anew on demand, and count at once if the folder is put back', async () => {
    const { practiceId, documents: all, idOf } = await received();
    const id = idOf('form');
    const [here, there] = [await pathOf(city, id), await pathOf(province, id)];
    const bytes = await readFile(here);
    await rm(here);
    await rm(there);
    const path = `/v1/practices/${practiceId}/documents/${id}`;
    expect((await office.call(path)).json).toMatchObject({ status: 503, code: 'DOCUMENT_LOST' });
    const lost = await until('the province was asked in vain', async () => {
      const found = await lostAt(office);
      return (found.documents[0]?.attempts ?? 0) > 0 ? found : undefined;
    });
    expect(lost).toMatchObject({ total: 1, documents: [{ id, code: 'DOCUMENT_SOURCE_AWAY' }] });
    const shown = (await documentsOf(office, practiceId)).find((one) => one.id === id);
    expect(shown?.status).toBe('lost');
    const { documents } = await office.get<{ documents: object }>(`/v1/practices/${practiceId}`);
    expect(documents).toMatchObject({ state: 'lost', lostSince: expect.any(String) as string });
    expect(await office.get('/v1/partners')).toMatchObject({ lostDocuments: 1 });

    await writeFile(here, bytes);
    const asked = await office.call('/v1/lost-documents/checks', { method: 'POST' });
    expect([asked.status, asked.json]).toEqual([202, { started: true }]);
    await noneLost(office);
    expect((await office.call(path)).status).toBe(200);
    const back = await office.get<{ documents: object }>(`/v1/practices/${practiceId}`);
    expect(back.documents).toMatchObject({ state: 'complete', lostSince: null });
    const { lastCheck } = await lostAt(office);
    expect(lastCheck?.checked).toBeGreaterThan(0);
    // And the province, which was asked for it, has noticed that it lacks it, too.
    await province.lost.check();
    await noneLost(counter);
    const kept = all.filter((one) => one.id === id);
    expect(await contentsOf(province, practiceId, kept)).toEqual(await contentsOf(city, practiceId, kept));
  });

  it('are nobody’s business before the event has its place', async () => {
    const { practiceId } = await office.filed();
    const [form] = await documentsOf(office, practiceId);
    await rm(await pathOf(city, form?.id ?? ''));
    await city.lost.check();
    expect(await lostAt(office)).toMatchObject({ total: 1, documents: [{ attempts: 0, code: null }] });
    await exchange.settle();
  });
});
