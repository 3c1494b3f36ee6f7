import { beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { VerifierPool } from '#evidence';
import { anEvent, outboxRecord, SampleNetwork } from '../signed-samples.fixture.ts';
import { mayPassLater, PATIENCE_MS, screenRecords } from './screen-record.ts';

const network = await SampleNetwork.create();
const record = outboxRecord(await network.event(anEvent()));
const behind = new HubError('REGISTRY_BEHIND', 'not here yet');

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}

const after = (ms: number) => new Date(record.timestamp.getTime() + ms);

beforeEach(() => {
  network.caughtUp = true;
});

describe('screening', () => {
  it('refuses an event from another outbox, and one whose headers say something else', async () => {
    const headers = { ...record.headers, ce_type: Buffer.from('practice.filed') };
    const records = [record, { ...record, topic: 'practice.outbox.p_cr' }, { ...record, headers }];
    const screened = await screenRecords('events', records, new VerifierPool({ threads: 0 }));
    const codes = screened.map(({ screen }) => codeOf(() => screen(network, new Date())));
    expect(codes).toEqual([null, 'AUTHOR_NOT_OF_TOPIC', 'HEADER_BODY_MISMATCH']);
  });

  it('waits for a registry entry that is not here yet, but not for ever', () => {
    expect(mayPassLater(behind, record, network, after(PATIENCE_MS - 1))).toBe(true);
    expect(mayPassLater(behind, record, network, after(PATIENCE_MS))).toBe(false);
  });

  it('gives a record no more patience for a time stamp that lies ahead', () => {
    expect(mayPassLater(behind, record, network, after(-PATIENCE_MS))).toBe(false);
  });

  it('never gives up on a record while its own copy of the registry is catching up', () => {
    network.caughtUp = false;
    expect(mayPassLater(behind, record, network, after(10 * PATIENCE_MS))).toBe(true);
  });

  it('does not wait for what no registry entry can mend', () => {
    expect(mayPassLater(new HubError('SIGNATURE_INVALID', 'no'), record, network, after(0))).toBe(false);
  });
});
