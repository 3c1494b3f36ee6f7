import type { UnitOfWork } from '#persistence';
import type { ChainEntry } from '#registry-chain';

/** The stored copy of the chain in the node's own database (table `registry_copy`). */
export class RegistryCopy {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** The signed bytes of every entry, in the order of the chain. */
  async load(): Promise<Buffer[]> {
    return await this.#work.run(async (tx) => {
      const rows = await tx.query<{ bytes: Buffer }>('select bytes from registry_copy order by number');
      return rows.map((row) => row.bytes);
    });
  }

  /** Keeps entries; one that is there already stays as it is (two processes of a node may share the table). */
  async append(entries: readonly ChainEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#work.run(async (tx) => {
      for (const { number, bytes, digest } of entries)
        await tx.query(
          'insert into registry_copy (number, bytes, digest) values ($1, $2, $3) on conflict (number) do nothing',
          [number, bytes, digest],
        );
    });
  }

  /** Keeps these entries, and nothing of what was there. */
  async replace(entries: readonly ChainEntry[]): Promise<void> {
    await this.clear();
    await this.append(entries);
  }

  /** Forgets everything: what is damaged is rebuilt from the topic. */
  async clear(): Promise<void> {
    await this.#work.run(async (tx) => {
      await tx.query('delete from registry_copy');
    });
  }
}
