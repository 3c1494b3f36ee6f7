import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePracticeId } from '#contracts';
import { copyDatabase } from '#testing';
import { keysOf, TestNode } from '../authority.fixture.ts';
import { UnnamedDocuments } from '../documents/unnamed-documents.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import { Partner } from '../partner.fixture.ts';
import {
  actionsSent,
  city,
  closed,
  destroyed,
  documentsOf,
  filesOf,
  head,
  network,
  office,
  openBodies,
  post,
  requested,
  seal,
  shown,
} from './retention.fixture.ts';

beforeAll(openBodies);

describe('copies that are put back', () => {
  it('of the database: what it knows of what was destroyed since goes again', async () => {
    const { practiceId } = await closed();
    const copy = await copyDatabase(city.databaseUrl);
    await destroyed();
    await takeOutbox(city);
    const restored = await TestNode.start(network, 'c_d150', {
      place: { home: city.home, databaseUrl: copy },
    });
    await city.announce();
    const reader = await Partner.of(restored);
    expect((await documentsOf(reader, practiceId))[0]).toMatchObject({ status: 'complete' });
    expect(await restored.lost.check()).toMatchObject({ missing: 0 });
    const documents = await documentsOf(reader, practiceId);
    expect(documents.every(({ status, name }) => status === 'destroyed' && name === null)).toBe(true);
    expect(await restored.rows('select 1 from practice_search where uuid = $1', [practiceId])).toEqual([]);
  });

  it('of the keys are destroyed again, and a key that the practice has got since is not', async () => {
    const { practiceId } = await closed();
    const folder = `${city.home}-keys`;
    const copy = join(await mkdtemp(join(tmpdir(), 'copy-')), 'keys');
    await cp(folder, copy, { recursive: true });
    await destroyed();
    await cp(copy, folder, { recursive: true });
    const place = { owner: city.ipa, practice: parsePracticeId(practiceId) };
    const back = await (await keysOf(city)).sealing(place);
    expect(back.key).toHaveLength(32);
    await city.destroy.again();
    const keys = await keysOf(city);
    await expect(keys.opening(place, back.id)).rejects.toMatchObject({ code: 'DOCUMENT_DESTROYED' });
    const { id } = await keys.sealing(place);
    await city.destroy.again();
    expect((await (await keysOf(city)).opening(place, id)).id).toEqual(id);
  });

  it('of documents are removed, an hour later', async () => {
    const { practiceId } = await closed();
    const copy = join(await mkdtemp(join(tmpdir(), 'copy-')), 'store');
    await cp(city.home, copy, { recursive: true });
    await destroyed();
    const { documents, work } = city.parts;
    const unnamed = new UnnamedDocuments(documents, work, { warn: () => undefined });
    await cp(copy, city.home, { recursive: true });
    expect(await filesOf(practiceId)).not.toEqual([]);
    await unnamed.sweep();
    await unnamed.sweep();
    expect((await filesOf(practiceId)).filter((path) => path.endsWith('.hubdoc'))).toEqual([]);
  });
});

describe('a destruction that is interrupted', () => {
  it('by a signing key that is away is not claimed to be done before it is signed', async () => {
    await closed();
    await takeOutbox(city);
    const { id } = await requested();
    await post(head, `requests/${id}/approve`);
    seal.isAway = true;
    await expect(city.destroy.run()).rejects.toThrow();
    expect(await shown(id)).toMatchObject({ status: 'approved', destroyedAt: null });
    seal.isAway = false;
    await city.destroy.run();
    expect(await shown(id)).toMatchObject({ status: 'applied' });
    expect(await actionsSent()).toHaveLength(1);
  });

  it('spares a practice in which something has happened since it was asked for', async () => {
    const { practiceId } = await closed();
    const { id } = await requested();
    await city.rows(`update event set received_at = now() + interval '1 minute' where uuid = $1`, [
      practiceId,
    ]);
    await post(head, `requests/${id}/approve`);
    await city.destroy.run();
    expect(await shown(id)).toMatchObject({ status: 'applied', practices: 0, spared: 1 });
    const documents = await documentsOf(office, practiceId);
    expect(documents.every(({ status }) => status === 'complete')).toBe(true);
  });
});
