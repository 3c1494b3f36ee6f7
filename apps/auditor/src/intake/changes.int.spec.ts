import { afterAll, describe, expect, it } from 'vitest';
import { topics, type RegistryChange } from '#contracts';
import { sha256Hex, signRegistryEntry } from '#evidence';
import { aNetwork } from '#testing';
import { registryEntryId } from '#tlog';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { aRecord } from '../signed-samples.fixture.ts';

const log = await LogInstance.open(await logDatabase());
const network = await aNetwork().founded();
const { registry } = network;
const takeIn = log.takeIn(registry, network.clock);
const DONE = { kind: 'done' };
const parked = (code: string) => ({ kind: 'park', code });

afterAll(() => log.close());

/** A change of the registry's, as its topic has it, written at the network's time. */
function changeRecord(bytes: Buffer, hubClass = 'entry') {
  const record = aRecord(topics.registryState, bytes);
  return { ...record, timestamp: network.clock.now(), headers: { hub_class: Buffer.from(hubClass) } };
}

async function leavesOf(number: number) {
  return log.rows<{ author: string; sha256: string; entry: string }>(
    `select author, encode(sha256, 'hex') as sha256, convert_from(entry, 'UTF8') as entry
     from log_entry where kind = 'registry' and event_id = $1`,
    [registryEntryId(number)],
  );
}

const refusedCodes = async (bytes: Buffer) =>
  (await log.rows<{ code: string }>('select code from refused where bytes = $1', [bytes])).map(
    ({ code }) => code,
  );

const anArea = (code: string): RegistryChange => ({ kind: 'area.published', code, bodies: [] });

describe('changes of the registry in the log', () => {
  it('are a leaf each, from the first entry on, once, at two instances that read the whole topic at once', async () => {
    const records = network.entries.map((bytes) => changeRecord(bytes));
    const other = log.takeIn(registry, network.clock);
    const outcomes = await Promise.all([takeIn, other].map((one) => one.run('changes', records)));
    expect(outcomes.flat().every(({ kind }) => kind === 'done')).toBe(true);
    const [{ count } = { count: 0 }] = await log.rows<{ count: number }>(
      `select count(*)::int as count from log_entry where kind = 'registry'`,
    );
    expect(count).toBe(network.entries.length);
    const [first] = await leavesOf(1);
    expect(first).toMatchObject({ author: 'registry', sha256: sha256Hex(network.entries[0]!) });
    expect(JSON.parse(first!.entry)).toMatchObject({
      kind: 'registry',
      practice: null,
      position: 1,
      type: 'network.founded',
    });
    const archived = await log.rows<{ bytes: Buffer }>(
      `select bytes from archived where sha256 = decode($1, 'hex')`,
      [first!.sha256],
    );
    expect(archived).toEqual([{ bytes: network.entries[0] }]);
  });

  it('are not what tells that the registry is alive', async () => {
    expect(await takeIn.run('changes', [changeRecord(Buffer.from('<Heartbeat/>'), 'heartbeat')])).toEqual([
      DONE,
    ]);
  });

  it('wait for the verified copy, and are a leaf when it has them', async () => {
    const bytes = await network.announce(anArea('valley'));
    const record = changeRecord(bytes);
    expect(await takeIn.run('changes', [record])).toEqual([{ kind: 'retry', afterMs: 500 }]);
    network.adopt(bytes);
    expect(await takeIn.run('changes', [record])).toEqual([DONE]);
    expect(await leavesOf(network.entries.length)).toHaveLength(1);
  });

  it('are never two of one number: the second is kept as evidence, and the first stays', async () => {
    const [mine, forked] = [await network.announce(anArea('hill')), await network.announce(anArea('shore'))];
    network.adopt(mine);
    expect(await takeIn.run('changes', [changeRecord(forked), changeRecord(mine)])).toEqual([
      parked('LOG_LEAF_CONTRADICTED'),
      DONE,
    ]);
    const [leaf, ...others] = await leavesOf(network.entries.length);
    expect([leaf?.sha256, others]).toEqual([sha256Hex(mine), []]);
    expect(await refusedCodes(forked)).toEqual(['LOG_LEAF_CONTRADICTED']);
  });

  it('are no branch beside the end of the chain, which could never become part of it', async () => {
    const at = network.clock.now();
    const signer = network.signerOf('registry');
    const number = network.entries.length + 1;
    const previous = sha256Hex(Buffer.from('another chain'));
    const entry = { version: '1.0', number, previous, time: at.toISOString(), change: anArea('isle') };
    const branch = await signRegistryEntry(entry, signer, at);
    expect(await takeIn.run('changes', [changeRecord(branch)])).toEqual([parked('LOG_LEAF_CONTRADICTED')]);
    expect(await leavesOf(number)).toEqual([]);
  });

  it('are not what another has signed, or nobody', async () => {
    const at = network.clock.now();
    const number = network.entries.length;
    const entry = { version: '1.0', number, previous: null, time: at.toISOString(), change: anArea('moor') };
    const usurped = await signRegistryEntry(entry, network.signerOf('router-1'), at);
    const [, outcome] = await takeIn.run('changes', [
      changeRecord(usurped),
      changeRecord(Buffer.from('<x/>')),
    ]);
    expect(await refusedCodes(usurped)).toEqual(['CERTIFICATE_ROLE_WRONG']);
    expect(outcome?.kind).toBe('park');
    expect(await leavesOf(number)).toHaveLength(1);
  });
});

it('of one number the database takes one, whoever signed it', async () => {
  const insert = (author: string) =>
    log.rows(
      `insert into log_entry (kind, author, event_id, speaker, receipt_kind, content_digest, sha256, entry)
       values ('registry', $1, $2, '', '', '', '', '')`,
      [author, registryEntryId(9_999)],
    );
  await insert('registry');
  await expect(insert('registry-2')).rejects.toThrow();
});
