/** A log on a database of its own, with the auditor's writer; for the bench. */
import { randomBytes, randomUUID } from 'node:crypto';
import { ACCESS_MIGRATIONS } from '#access';
import { HubError } from '#errors';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork, type Tx } from '#persistence';
import { createLogger } from '#platform';
import { CreateRegistryCopy1767225600021 } from '#registry-view';
import { noteSigner, type NoteSigner } from '#tlog';
import { PackArchive } from '../../../apps/auditor/src/archive/pack-archive.ts';
import { LogWriter } from '../../../apps/auditor/src/log/log-writer.ts';
import { AUDITOR_MIGRATIONS } from '../../../apps/auditor/src/store/migrations.ts';

const ORIGIN = 'bench.reset-hub.example/log';

export interface OpenLog {
  readonly work: UnitOfWork;
  readonly signer: NoteSigner;
  /** Leaves of the newest published checkpoint. */
  size(): Promise<number>;
  /** From now on, is called when the writer has committed something. */
  onWritten(listener: () => Promise<void>): void;
  /** Packs every full bundle of the archive. */
  packAll(): Promise<void>;
  close(): Promise<void>;
}

/** Tells of what has committed. */
class ToldWork extends UnitOfWork {
  listener: (() => Promise<void>) | null = null;

  override async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await super.run(work);
    void this.listener?.();
    return result;
  }
}

export async function openLog(url: string): Promise<OpenLog> {
  const source = await createDataSource({
    url,
    name: 'auditor',
    migrations: [
      ...SHARED_MIGRATIONS,
      CreateRegistryCopy1767225600021,
      ...ACCESS_MIGRATIONS,
      ...AUDITOR_MIGRATIONS,
    ],
  });
  const work = new UnitOfWork(source);
  const signer = noteSigner(ORIGIN, randomBytes(32));
  const logger = createLogger('bench', { level: 'error' });
  const told = new ToldWork(source);
  const writer = await LogWriter.open({ work: told, url, holder: `bench/${randomUUID()}`, signer, logger });
  writer.start();
  return {
    work,
    signer,
    size: async () => {
      const [row] = await work.single((tx) =>
        tx.prepared<{ size: string | null }>('select max(size) as size from checkpoint', []),
      );
      return Number(row?.size ?? 0);
    },
    onWritten: (listener) => {
      told.listener = listener;
    },
    packAll: async () => {
      const archive = new PackArchive({ work, fenced: (tx) => writer.fenced(tx) });
      for (let isMore = true; isMore;) {
        isMore = await archive.step().then(
          (step) => step !== 'done',
          (error: unknown) => {
            // A machine that is busy with something else: the writer takes its lease again.
            if (error instanceof HubError && error.code === 'LEASE_LOST') return true;
            throw error;
          },
        );
      }
    },
    close: async () => {
      // Giving the lease back is no news.
      told.listener = null;
      await writer.close();
      await source.destroy();
    },
  };
}
