/** A log over a database of its own, for the specs. */
import { randomBytes, randomUUID } from 'node:crypto';
import { ACCESS_MIGRATIONS } from '#access';
import { AccessLog } from '#access-log';
import { VerifierPool, type BatchChecks } from '#evidence';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { createLogger, createMetrics, systemClock, systemIds, type Clock } from '#platform';
import { CreateRegistryCopy1767225600021 } from '#registry-view';
import { noteSigner, type NoteSigner } from '#tlog';
import type { DataSource } from 'typeorm';
import { TakeIn } from './intake/take-in.ts';
import type { AuditRegistry } from './intake/screen-record.ts';
import { integrate } from './log/integrate.ts';
import { LogWriter, type LogWriterSettings } from './log/log-writer.ts';
import { AUDITOR_MIGRATIONS } from './store/migrations.ts';

export const ORIGIN = 'test.reset-hub.example/log';
const quiet = createLogger('test', { level: 'silent' });

export const LOG_MIGRATIONS = [
  ...SHARED_MIGRATIONS,
  CreateRegistryCopy1767225600021,
  ...ACCESS_MIGRATIONS,
  ...AUDITOR_MIGRATIONS,
];

/** One process's view of the log: several over one database are several instances. */
export class LogInstance {
  readonly accesses = new AccessLog({ node: 'auditor', clock: systemClock, ids: systemIds });

  private constructor(
    readonly url: string,
    readonly source: DataSource,
    readonly work: UnitOfWork,
    readonly signer: NoteSigner,
  ) {}

  static async open(url: string, signer = noteSigner(ORIGIN, randomBytes(32))): Promise<LogInstance> {
    const source = await createDataSource({ url, name: 'auditor', migrations: LOG_MIGRATIONS });
    return new LogInstance(url, source, new UnitOfWork(source), signer);
  }

  /** @param verifier by default one without threads */
  takeIn(
    registry: AuditRegistry,
    clock: Clock = systemClock,
    verifier: BatchChecks = new VerifierPool({ threads: 0 }),
  ): TakeIn {
    return new TakeIn({ work: this.work, registry, verifier, clock, metrics: createMetrics('test') });
  }

  writer(other: Partial<LogWriterSettings> = {}): Promise<LogWriter> {
    const { work, url, signer } = this;
    return LogWriter.open({ work, url, holder: `auditor/${randomUUID()}`, signer, logger: quiet, ...other });
  }

  /** Rows of a query outside any use case. */
  async rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.work.run((tx) => tx.query<Row>(sql, params));
  }

  /** Entries that wait, as the intake leaves them: no JSON, and in one practice. */
  async wait(count: number): Promise<void> {
    await this.rows(
      `with fresh as (
         insert into log_entry (kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, entry)
         select 'event', 'c_d150', gen_random_uuid(), '', '', 'c_d150', $2, '', '', convert_to(gen_random_uuid()::text, 'UTF8')
         from generate_series(1, $1) returning id, entry
       )
       insert into log_waiting (entry, hash, author) select id, sha256('\\x00'::bytea || entry), 'c_d150' from fresh`,
      [count, randomUUID()],
    );
    await this.rows(`select pg_notify('log_entry', '')`);
  }

  /** The log grows to `size` leaves: at once, or by several checkpoints where a writer would need them. */
  async growTo(size: number): Promise<void> {
    await this.wait(size - (await this.size()));
    while ((await this.work.run((tx) => integrate(tx, this.signer))) > 0);
  }

  async size(): Promise<number> {
    const [row] = await this.rows<{ size: string | null }>('select max(size) as size from checkpoint');
    return Number(row?.size ?? 0);
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }
}
