/** A node's quarantine over REST, with a judge that says what the spec wants, for the specs of this room. */
import { Module } from '@nestjs/common';
import { ACCESS_MIGRATIONS, AccessModule } from '#access';
import { ActionLog } from '#actions';
import { attributedTo } from '#evidence';
import { done, type IncomingRecord, type Outcome } from '#messaging';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork, type Tx } from '#persistence';
import { createLogger, runHttpApp, type HttpApp } from '#platform';
import {
  aNetwork,
  bufferHeaders,
  countedIds,
  freshDatabase,
  makeToken,
  TEST_NOW,
  TestClock,
  type TestNetwork,
} from '#testing';
import { afterAll, vi } from 'vitest';
import { keepAllParked, type ParkedRecord } from './keep-parked.ts';
import { QUARANTINE_MIGRATIONS } from './migrations.ts';
import { QUARANTINE_PARTS, type QuarantineParts } from './quarantine-parts.ts';
import { QuarantineModule } from './quarantine.module.ts';

@Module({})
class Root {}

/** A token that is none of the node's. */
export const TOKEN = '01990000-0000-7000-8000-00000000a0a0';

/** What is parked unless a spec says otherwise. */
export const record = {
  origin: { topic: 'practice.outbox.c_d150', partition: 0, offset: '7' },
  headers: bufferHeaders({ ce_id: 'an id' }),
  bytes: Buffer.from('<Event/>'),
  code: 'EVENT_VOIDED',
  reason: 'number 2 was voided',
} as const satisfies ParkedRecord;

export interface ActionShown {
  readonly id: string;
  readonly kind: string;
  readonly reason: string | null;
  readonly by: { readonly label: string };
}

type Verdict = Outcome | ((tx: Tx, record: IncomingRecord) => Promise<Outcome>);

export class TestDesk {
  /** What the judge says of a record. */
  verdict: Verdict = done();
  /** Every record that was judged, in order. */
  readonly judged: IncomingRecord[] = [];
  readonly ids = countedIds();
  http!: HttpApp;
  token = '';

  private constructor(
    readonly work: UnitOfWork,
    readonly clock: TestClock,
    readonly network: TestNetwork,
  ) {}

  /** Call it at the file's top level: the desk ends with the file. */
  static async open(): Promise<TestDesk> {
    const clock = new TestClock(TEST_NOW);
    const source = await createDataSource({
      url: await freshDatabase(),
      name: 'quarantine-test',
      migrations: [...SHARED_MIGRATIONS, ...ACCESS_MIGRATIONS, ...QUARANTINE_MIGRATIONS],
    });
    const desk = new TestDesk(new UnitOfWork(source), clock, await aNetwork().at(clock).founded());
    desk.http = await runHttpApp(
      {
        module: Root,
        imports: [
          AccessModule.forRoot({ dataSource: source }),
          QuarantineModule.of({ useFactory: () => desk.#parts() }),
        ],
      },
      {
        name: 'quarantine-test',
        http: { host: '127.0.0.1', port: 0 },
        openApi: { title: 'quarantine', version: '1' },
        logger: createLogger('quarantine', { level: 'silent' }),
      },
    );
    desk.token = (await makeToken(desk.http, 'quarantine')).token;
    afterAll(async () => {
      await desk.http.close();
      await source.destroy();
    });
    return desk;
  }

  get parts(): QuarantineParts {
    return this.http.app.get<QuarantineParts>(QUARANTINE_PARTS);
  }

  readonly keep = async (one: ParkedRecord): Promise<boolean> => {
    const options = { ids: this.ids, now: this.clock.now() };
    const [isNews] = await this.work.run((tx) => keepAllParked(tx, [one], options));
    return isNews === true;
  };

  readonly post = async (
    path: string,
    body: object = {},
    key?: string,
  ): Promise<{ status: number; json: unknown }> => {
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    const url = new URL(path, this.http.url);
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, json: await answer.json() };
  };

  readonly get = async (path: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${this.token}` };
    const answer = await fetch(new URL(path, this.http.url), { headers });
    return await answer.json();
  };

  /** Parks the usual record at an offset of its own; its entry's id. */
  readonly parkedAt = async (offset: string): Promise<string> => {
    await this.keep({ ...record, origin: { ...record.origin, offset } });
    return this.idAt(offset);
  };

  readonly idAt = async (offset: string): Promise<string> => {
    const [row] = await this.work.run((tx) =>
      tx.query<{ id: string }>(`select id from quarantine where origin->>'offset' = $1`, [offset]),
    );
    return row?.id ?? '';
  };

  /** A re-run once it has ended. */
  readonly endOf = async (id: string): Promise<object> =>
    vi.waitFor(
      async () => {
        const rerun = (await this.get(`/v1/quarantine/reruns/${id}`)) as { endedAt: string | null };
        if (rerun.endedAt === null) throw new Error('it runs');
        return rerun;
      },
      { timeout: 20_000, interval: 20 },
    );

  #parts(): QuarantineParts {
    const { work, clock, ids, network } = this;
    return {
      work,
      clock,
      ids,
      actions: new ActionLog({ role: 'authority', signer: network.signerOf('c_d150'), clock, ids }),
      attributedTo: (bytes: Buffer) => attributedTo(bytes, network.registry),
      at: 'here',
      whose: () => ({ member: 'c_d150' }),
      judge: async (tx, one) => {
        this.judged.push(one);
        await tx.query(`update quarantine set reason = 'judged' where origin->>'offset' = $1`, [one.offset]);
        return typeof this.verdict === 'function' ? await this.verdict(tx, one) : this.verdict;
      },
    };
  }
}
