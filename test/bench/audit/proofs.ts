/** How long the auditor takes to serve the proof of an event, over HTTP. */
import { AccessModule, hashToken, TOKEN_BYTES, tokenText } from '#access';
import { OPEN_NODE } from '#node';
import { createLogger, runHttpApp, systemIds } from '#platform';
import type { UnitOfWork } from '#persistence';
import { Global, Module } from '@nestjs/common';
import { LogReadsModule } from '../../../apps/auditor/src/log-reads.module.ts';

/** @returns milliseconds of each request, one after the other on one connection, of events drawn from all of the log */
export async function timeProofs(work: UnitOfWork, count: number): Promise<readonly number[]> {
  const token = tokenText(systemIds.bytes(TOKEN_BYTES));
  const node = { name: 'bench', work, registry: {} };

  @Global()
  @Module({ providers: [{ provide: OPEN_NODE, useValue: node }], exports: [OPEN_NODE] })
  class NodeModule {}
  const access = AccessModule.forRoot({
    adminTokenSha256: hashToken(token).toString('hex'),
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
    const ids = await work.run((tx) =>
      tx.query<{ id: string }>(
        `select event_id as id from log_entry where kind = 'event' order by random() limit $1`,
        [count],
      ),
    );
    const times: number[] = [];
    for (const { id } of ids) {
      const start = performance.now();
      const answer = await fetch(`${http.url}/v1/proofs/${id}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.arrayBuffer();
      times.push(performance.now() - start);
      if (answer.status !== 200) throw new Error(`no proof of ${id}: ${answer.status}`);
    }
    return times;
  } finally {
    await http.close();
  }
}
