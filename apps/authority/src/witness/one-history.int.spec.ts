import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ACCESS_MIGRATIONS } from '#access';
import { createDataSource, SHARED_MIGRATIONS } from '#persistence';
import { bundled, freshDatabase } from '#testing';
import { openCheckpoint } from '#tlog';
import { AUTHORITY_MIGRATIONS } from '../store/migrations.ts';
import { checkpoint, FORKED, LOG, submission, withoutProof, WITNESS } from './log.fixture.ts';

const url = await freshDatabase();
const orders = await mkdtemp(join(tmpdir(), 'reset-hub-witness-'));
const source = await createDataSource({
  url,
  name: 'witness',
  migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, ...AUTHORITY_MIGRATIONS],
});
const witnesses = await Promise.all([witnessProcess(), witnessProcess(), witnessProcess()]);

afterAll(async () => {
  for (const child of witnesses) child.kill('SIGKILL');
  await source.destroy();
  await rm(orders, { recursive: true });
});

/** Until two of them have met. */
const ROUNDS = 40;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Another process of the witness's node, over the same database. */
async function witnessProcess(): Promise<ChildProcess> {
  const child = fork(await bundled(new URL('./witness-process.fixture.ts', import.meta.url)), [url, orders], {
    execArgv: [],
  });
  if ((await said(child)) === null) throw new Error('the process died at its start');
  return child;
}

/** The next thing that it says, or null if it dies before. */
async function said(child: ChildProcess): Promise<unknown> {
  const heard = new AbortController();
  const { signal } = heard;
  try {
    const message = once(child, 'message', { signal }).then(([first]) => first as unknown);
    return await Promise.race([message, once(child, 'exit', { signal }).then(() => null)]);
  } finally {
    heard.abort();
  }
}

/** @returns what it answered, or null if it died before it could */
async function submit(child: ChildProcess, body: Buffer): Promise<Answer | null> {
  child.send(body.toString('base64'));
  return (await said(child)) as Answer | null;
}

/** How many witnesses have cosigned this checkpoint by this answer. */
function cosigned(note: Buffer, { body }: Answer): number {
  return openCheckpoint(Buffer.concat([note, Buffer.from(body)]), LOG, [WITNESS.verifier]).cosignatures
    .length;
}

it('of two processes that are shown two histories at one moment, one cosigns, and the other one refuses', async () => {
  const [one, other] = witnesses;
  const histories = [submission(300, 301), submission(300, 301, FORKED)] as const;
  for (let round = 0; round < ROUNDS; round += 1) {
    await source.query('delete from witness_state');
    await submit(one, submission(0, 300));
    const answers = await Promise.all([submit(one, histories[0]), submit(other, histories[1])]);
    expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(1);
  }
  // The same from nothing, where there is no row yet for which one could wait.
  for (let round = 0; round < ROUNDS; round += 1) {
    await source.query('delete from witness_state');
    const first = [submission(0, 301), submission(0, 301, FORKED)] as const;
    const answers = await Promise.all([submit(one, first[0]), submit(other, first[1])]);
    expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(1);
  }
});

it.each([
  ['before-commit', 0],
  ['after-commit', 1],
] as const)(
  'a process killed %s of what it was to answer cosigns no other history afterwards',
  async (point, nth) => {
    await source.query('delete from witness_state');
    const [first, next] = [witnesses[nth], witnesses[nth + 1]!];
    await submit(first, submission(0, 300));
    await writeFile(join(orders, 'crash'), `${point} 1`);
    expect(await submit(first, submission(300, 310))).toBeNull();
    expect(existsSync(join(orders, 'crashed'))).toBe(true);

    const answer = await submit(next, submission(300, 310, FORKED));
    if (point === 'before-commit') {
      // Nothing was stored, and nobody had got anything: the witness is free.
      expect(answer?.status).toBe(200);
      return;
    }
    // Stored, though nobody has it: the other history is refused, the first one cosigned again.
    expect(answer).toEqual({ status: 409, body: '310\n' });
    const again = await submit(next, submission(310, 310));
    expect(cosigned(checkpoint(310), again!)).toBe(1);
    expect(await submit(next, withoutProof(310, 310, FORKED))).toMatchObject({ status: 0 });
  },
);
