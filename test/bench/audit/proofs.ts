/**
 * How long the auditor takes to serve the proof of an event, over HTTP, and what it costs to note who has read: by a system,
 * which is noted once a day for each practice, and by an operator, each of whose reads is a row that commits with the answer.
 */
import { AccessModule, CreateToken, hashToken, TOKEN_BYTES, tokenText } from '#access';
import { AccessLog, type Reader } from '#access-log';
import { OPEN_NODE } from '#node';
import { createLogger, runHttpApp, systemClock, systemIds } from '#platform';
import type { UnitOfWork } from '#persistence';
import { Global, Module } from '@nestjs/common';
import { LogReadsModule } from '../../../apps/auditor/src/log-reads.module.ts';
import { PracticeTrail } from '../../../apps/auditor/src/proofs/practice-trail.ts';

/** Requests that are not counted: a process that has just begun compiles what it runs. */
const WARM_UP = 300;

/** Milliseconds of each request, one after the other on one connection, of events drawn from all of the log. */
interface ProofTimes {
  readonly operator: readonly number[];
  readonly system: readonly number[];
}

/** @param count proofs for each of the two, in turns */
export async function timeProofs(work: UnitOfWork, count: number): Promise<ProofTimes> {
  const admin = tokenText(systemIds.bytes(TOKEN_BYTES));
  const node = { name: 'bench', work, registry: {} };

  @Global()
  @Module({ providers: [{ provide: OPEN_NODE, useValue: node }], exports: [OPEN_NODE] })
  class NodeModule {}
  const access = AccessModule.forRoot({
    adminTokenSha256: hashToken(admin).toString('hex'),
    dataSource: work.source,
  });
  @Module({ imports: [NodeModule, access, LogReadsModule] })
  class BenchModule {}

  const http = await runHttpApp(BenchModule, {
    name: 'bench',
    http: { host: '127.0.0.1', port: 0 },
    logger: createLogger('bench', { level: 'error' }),
  });
  try {
    // As a partner's system has one.
    const { token: system } = await http.app
      .get(CreateToken)
      .run({ label: 'bench', scopes: ['read'] }, { tokenId: systemIds.uuidv7(), key: null }, 'bench');
    const ids = await drawnEvents(work, count + WARM_UP);
    const times = { operator: [] as number[], system: [] as number[] };
    for (const [n, id] of ids.entries()) {
      for (const [who, token] of [
        ['operator', admin],
        ['system', system],
      ] as const) {
        const took = await timeProof(http.url, id, token);
        if (n >= ids.length - count) times[who].push(took);
      }
    }
    return times;
  } finally {
    await http.close();
  }
}

/** Any events, as often as it takes. */
async function drawnEvents(work: UnitOfWork, count: number): Promise<readonly string[]> {
  const rows = await work.run((tx) =>
    tx.query<{ id: string }>(
      `select event_id as id from log_entry where kind = 'event' order by random() limit $1`,
      [count],
    ),
  );
  return Array.from({ length: count }, (_, n) => rows[n % rows.length]?.id ?? '');
}

async function timeProof(url: string, id: string, token: string): Promise<number> {
  const start = performance.now();
  const answer = await fetch(`${url}/v1/proofs/${id}`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`no proof of ${id}: ${answer.status}`);
  return performance.now() - start;
}

/** Milliseconds of each read of a practice with all its leaves and their proofs, without HTTP. */
interface NotedReads {
  readonly noted: readonly number[];
  readonly silent: readonly number[];
}

/** An operator's reads of practices, in turns with the same reads that nobody notes. */
export async function timeNotedReads(work: UnitOfWork, count: number): Promise<NotedReads> {
  const trail = new PracticeTrail(work, new AccessLog({ node: 'bench', clock: systemClock, ids: systemIds }));
  const reader: Reader = {
    tokenId: systemIds.uuidv7(),
    operator: 'operator',
    purpose: 'bench',
    counted: 'each',
  };
  const practices = await work.run((tx) =>
    tx.query<{ owner: string; uuid: string }>(
      `select owner, uuid from log_entry where kind = 'event' order by random() limit $1`,
      [count],
    ),
  );
  const times = { noted: [] as number[], silent: [] as number[] };
  for (let n = 0; n < count + WARM_UP; n += 1) {
    const practice = practices[n % practices.length];
    if (practice === undefined) throw new Error('the log has no practice');
    for (const [kind, by] of [
      ['silent', null],
      ['noted', reader],
    ] as const) {
      const start = performance.now();
      await trail.run(practice, null, by);
      if (n >= WARM_UP) times[kind].push(performance.now() - start);
    }
  }
  return times;
}
