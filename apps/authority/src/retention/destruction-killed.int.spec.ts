import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileDocumentStore } from '#documents';
import { bundled } from '#testing';
import { holderFiles, keysOf } from '../authority.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';
import type { Filed } from '../partner.fixture.ts';
import {
  actionsSent,
  city,
  closed,
  documentsOf,
  filesOf,
  head,
  office,
  openBodies,
  PDF,
  post,
  requested,
  shown,
} from './retention.fixture.ts';

/** Processes start here: a minute, on a machine that is busy with something else. */
const patience = { timeout: 180_000 };

describe('a destruction whose process is killed', patience, () => {
  /** Two practices, in the order in which their keys go. */
  let practices: readonly Filed[];
  /** Their documents before the destruction. */
  const listed = new Set<string>();
  let id: string;
  let orders: string;

  beforeAll(async () => {
    await openBodies();
    orders = await mkdtemp(join(tmpdir(), 'orders-'));
    const filed = [await closed(), await closed()];
    practices = filed.toSorted((one, other) => (one.practiceId < other.practiceId ? -1 : 1));
    for (const { practiceId } of practices)
      for (const document of await documentsOf(office, practiceId)) listed.add(document.id);
    await takeOutbox(city);
    id = (await requested()).id;
    await post(head, `requests/${id}/approve`);
  }, patience.timeout);

  afterAll(async () => {
    await rm(orders, { recursive: true, force: true });
  });

  it.each([
    ['when the first key is replaced and not overwritten', 'key-replaced 1', 1, 'approved', null],
    ['when both keys are gone', 'keys-destroyed 1', 2, 'approved', 1],
    ['when it is signed, before that commits', 'before-commit 2', 2, 'approved', null],
    ['when it is signed', 'destruction-signed 1', 2, 'destroyed', 0],
  ] as const)('%s, leaves each practice whole or destroyed', async (_, where, gone, status, cameSince) => {
    await writeFile(join(orders, 'crash'), where);
    expect(await ended()).toEqual([null, 'SIGKILL']);
    expect((await shown(id)).status).toBe(status);
    expect(await readable()).toEqual(practices.map((__, place) => [place >= gone]));
    expect(await signed()).toBe(status === 'destroyed' ? 2 : 0);
    if (cameSince !== null) await notify(practices[cameSince]!);
  });

  it('is ended by the next one, once, and without what has come into the practices meanwhile', async () => {
    expect(await ended()).toEqual([0, null]);
    await city.destroy.run();
    expect(await shown(id)).toMatchObject({ status: 'applied', practices: 2, spared: 0 });
    const sent = await actionsSent();
    expect(sent.map(({ practice }) => practice?.uuid)).toEqual(practices.map((each) => each.practiceId));
    expect(sent.reduce((sum, { set }) => sum + (set?.size ?? 0), 0)).toBe(listed.size);
    for (const { practiceId } of practices) {
      const documents = await documentsOf(office, practiceId);
      // What was sent, and the segnatura of its registration.
      expect(documents.filter((each) => !listed.has(each.id))).toHaveLength(2);
      for (const document of documents) {
        const [is, answer] = listed.has(document.id) ? ['destroyed', 410] : ['complete', 200];
        const read = await office.call(`/v1/practices/${practiceId}/documents/${document.id}`);
        expect([document.status, read.status]).toEqual([is, answer]);
      }
      expect((await filesOf(practiceId)).filter((path) => path.endsWith('.hubdoc'))).toHaveLength(2);
    }
    const names = await readdir(`${city.home}-keys`, { recursive: true });
    expect(names.filter((name) => name.endsWith('.old'))).toEqual([]);
  });

  /** @returns exit code and signal of a process that destroys what is approved, and follows the orders */
  async function ended(): Promise<unknown[]> {
    const { signing } = holderFiles('c_d150');
    const args = [
      city.databaseUrl,
      orders,
      city.home,
      `${city.home}-keys`,
      signing.certFile,
      signing.keyFile,
    ];
    const child = fork(await bundled(new URL('./destroy-process.fixture.ts', import.meta.url)), args, {
      execArgv: [],
    });
    return (await once(child, 'exit')) as unknown[];
  }

  /** Of each practice whether its listed documents open, with keys that no process remembers: one answer for all of them. */
  async function readable(): Promise<boolean[][]> {
    const documents = new FileDocumentStore({ root: city.home, keys: await keysOf(city) });
    const opens = new Map(practices.map(({ practiceId }) => [practiceId, new Set<boolean>()]));
    for await (const key of documents.keys()) {
      if (!listed.has(key.document)) continue;
      const found = await documents.stat(key).catch((error: unknown) => error);
      const isOpen = !(found instanceof Error);
      if (!isOpen) expect(found).toMatchObject({ code: 'DOCUMENT_DESTROYED' });
      opens.get(key.practice)?.add(isOpen);
    }
    return [...opens.values()].map((answers) => [...answers]);
  }

  async function signed(): Promise<number> {
    const rows = await city.rows(
      'select 1 from retention_practice where request = $1 and action is not null',
      [id],
    );
    return rows.length;
  }

  /** Something happens in a practice after its end. */
  async function notify({ practiceId }: Filed): Promise<void> {
    const fields = { type: 'external.notified', recipient: 'ats_x', at: new Date().toISOString() };
    const act = await office.act(practiceId, fields, { document: PDF });
    expect([act.status, act.json]).toEqual([201, expect.anything()]);
  }
});
