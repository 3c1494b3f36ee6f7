import { describe, expect, it } from 'vitest';

import { HubError } from '#errors';

import { IsolatingHandler, type BatchHandler, type PoisonHandler } from './isolating-handler.ts';
import { done, park, type Outcome } from './outcome.ts';
import type { IncomingRecord } from './record.ts';

const record = (partition: number, offset: number, text = 'good'): IncomingRecord => ({
  topic: 't',
  partition,
  offset: String(offset),
  key: null,
  value: Buffer.from(text),
  headers: {},
  timestamp: new Date(0),
});

/** Fails on the whole batch if it holds a bad record, as a transaction does. */
const failsOn =
  (bad: string, error: Error): BatchHandler =>
  (records) =>
    records.some(({ value }) => value.toString() === bad)
      ? Promise.reject(error)
      : Promise.resolve(records.map(done));

const toPark: PoisonHandler = (_record, error) => Promise.resolve(park(error.code));
const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ kind }) => kind);
const aHandler = (handle: BatchHandler, onPoison = toPark): IsolatingHandler =>
  new IsolatingHandler(handle, onPoison, () => undefined);

describe('IsolatingHandler', () => {
  it('lets every record but the bad one pass, and holds back only what is behind it in its partition', async () => {
    const handler = aHandler(failsOn('bad', new Error('no')));
    const batch = [record(0, 1), record(0, 2, 'bad'), record(1, 7), record(0, 3), record(1, 8)];
    expect(kinds(await handler.handle(batch))).toEqual(['done', 'retry', 'done', 'retry', 'done']);
  });

  it('keeps from the handler what was refused when it was read, and handles the rest as one batch', async () => {
    const sizes: number[] = [];
    const parked: string[] = [];
    const handler = aHandler(
      (records) => {
        sizes.push(records.length);
        return Promise.resolve(records.map(done));
      },
      (refused, { code }) => {
        parked.push(`${refused.offset} ${code}`);
        return refused.partition === 0 ? Promise.resolve(park(code)) : Promise.reject(new Error('away'));
      },
    );
    const refused = (partition: number): IncomingRecord => ({
      ...record(partition, 2),
      refused: 'RECORD_COMPRESSED',
    });
    const batch = [record(0, 1), refused(0), record(0, 3), refused(1), record(1, 3)];
    expect(kinds(await handler.handle(batch))).toEqual(['done', 'park', 'done', 'retry', 'done']);
    expect([sizes, parked]).toEqual([[3], ['2 RECORD_COMPRESSED', '2 RECORD_COMPRESSED']]);
  });

  it('gives a record that fails every time to the poison handler, after growing pauses, and lets the rest pass', async () => {
    const poisoned: string[] = [];
    const handler = aHandler(failsOn('bad', new Error('no')), (bad, error) => {
      poisoned.push(`${bad.offset} ${error.code}`);
      return Promise.resolve(park(error.code));
    });
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const [outcome] = await handler.handle([record(0, 2, 'bad'), record(0, 3)]);
      pauses.push(outcome?.kind === 'retry' ? outcome.afterMs : 0);
    }
    expect(poisoned).toEqual([]);
    expect(pauses.at(-1)).toBeGreaterThan(pauses[0]!);
    expect(kinds(await handler.handle([record(0, 2, 'bad'), record(0, 3)]))).toEqual(['park', 'done']);
    expect(poisoned).toEqual(['2 HANDLER_FAILED']);
  });

  it('does not try again what a typed error calls hopeless', async () => {
    const handler = aHandler(failsOn('bad', new HubError('ID_MALFORMED', 'no')));
    expect(await handler.handle([record(0, 1), record(0, 2, 'bad')])).toEqual([done(), park('ID_MALFORMED')]);
  });

  it('sends the whole batch back, and never calls it poison, while the database is away', async () => {
    const handler = aHandler(failsOn('good', new HubError('DATABASE_UNAVAILABLE', 'away')), () => {
      throw new Error('must not be asked');
    });
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      expect(kinds(await handler.handle([record(0, 1), record(1, 1)]))).toEqual(['retry', 'retry']);
      expect(kinds(await handler.handle([record(0, 1)]))).toEqual(['retry']);
    }
  });

  it('keeps a record that the poison handler cannot store', async () => {
    const handler = aHandler(failsOn('bad', new HubError('ID_MALFORMED', 'no')), () =>
      Promise.reject(new Error('full')),
    );
    expect(kinds(await handler.handle([record(0, 1, 'bad')]))).toEqual(['retry']);
  });

  it('takes an answer that is not one outcome per record for a failure', async () => {
    const answers: unknown[] = [undefined, [], [done(), done()], ['done'], [{ kind: 'maybe' }]];
    for (const answer of answers) {
      const handler = aHandler(() => Promise.resolve(answer as readonly Outcome[]));
      expect(await handler.handle([record(0, 1)])).toEqual([park('HANDLER_OUTCOMES')]);
    }
  });
});
