/** A log whose writers are processes of their own, and what has to be true of it whatever becomes of them. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { verifyFolder } from '#audit';
import { bundled } from '#testing';
import { formatSkey, leafHash, logEntry, merkleRoot, parseSkey, quorumPolicy, verifyCheckpoint } from '#tlog';
import { aFolder } from '../files/log-folders.fixture.ts';
import { LogInstance, ORIGIN } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';

/** Short: who comes after a killed one waits for it. Milliseconds. */
const LEASE_TTL_MS = 1_500;

/** One instance of the log. */
export class LogProcess {
  readonly child: ChildProcess;
  readonly #orders = aFolder();
  readonly #isReady: Promise<boolean>;

  constructor(
    url: string,
    readonly folder: string,
    skey: string,
    program: string,
  ) {
    const args = [url, this.#orders, folder, skey, String(LEASE_TTL_MS)];
    this.child = fork(program, args, { execArgv: [] });
    this.#isReady = Promise.race([
      once(this.child, 'message').then(() => true),
      once(this.child, 'exit').then(() => false),
    ]);
  }

  async begin(): Promise<void> {
    if (!(await this.#isReady)) throw new Error('the process died at its start');
    this.child.send('begin');
  }

  /** Tells it to die, or to stop, at `<point> <passage>`. */
  async order(what: 'crash' | 'stop', where: string): Promise<void> {
    await writeFile(join(this.#orders, what), where);
  }

  async withdraw(what: 'crash' | 'stop'): Promise<void> {
    await rm(join(this.#orders, what), { force: true });
  }

  get hasCrashed(): boolean {
    return existsSync(join(this.#orders, 'crashed'));
  }

  get hasStopped(): boolean {
    return existsSync(join(this.#orders, 'stopped'));
  }

  /** @returns exit code and signal */
  async ended(): Promise<unknown[]> {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) return [exitCode, signalCode];
    return (await once(this.child, 'exit')) as unknown[];
  }

  async end(): Promise<unknown[]> {
    await this.#isReady;
    this.child.send('end');
    return await this.ended();
  }
}

export class LogOfProcesses {
  /** Of which it is, for whoever verifies it. */
  readonly folder = aFolder();
  readonly #state = aFolder();
  /** Every checkpoint that was ever seen in the tables, by size: it has to be the only one of its size, for ever. */
  readonly #published = new Map<number, string>();
  readonly #processes: LogProcess[] = [];
  #admitted = 0;

  private constructor(
    readonly log: LogInstance,
    readonly skey: string,
    readonly program: string,
  ) {}

  static async open(): Promise<LogOfProcesses> {
    const skey = formatSkey(ORIGIN, randomBytes(32));
    const program = await bundled(new URL('./append-process.fixture.ts', import.meta.url));
    return new LogOfProcesses(await LogInstance.open(await logDatabase(), parseSkey(skey)), skey, program);
  }

  get admitted(): number {
    return this.#admitted;
  }

  process(folder = this.folder): LogProcess {
    const started = new LogProcess(this.log.url, folder, this.skey, this.program);
    this.#processes.push(started);
    return started;
  }

  async close(): Promise<void> {
    for (const { child } of this.#processes) child.kill('SIGKILL');
    await this.log.close();
  }

  /** Entries wait for their leaves, as the intake leaves them. */
  async admit(count: number): Promise<void> {
    const practice = { owner: 'c_d150', uuid: randomUUID() };
    const leaves = Array.from({ length: count }, () =>
      logEntry({
        ...{ kind: 'event', author: 'c_d150', eventId: randomUUID(), practice, position: null },
        ...{ type: 'practice.filed', time: '2026-01-02T03:04:05.678Z', sha256: 'ab'.repeat(32) },
      }),
    );
    await this.log.rows(
      `with fresh as (
         insert into log_entry (kind, author, event_id, speaker, receipt_kind, owner, uuid, content_digest, sha256, entry)
         select 'event', 'c_d150', gen_random_uuid(), '', '', 'c_d150', $2, '', '', entry
         from unnest($1::bytea[]) as entry returning id, entry
       )
       insert into log_waiting (entry, hash, author) select id, sha256('\\x00'::bytea || entry), 'c_d150' from fresh`,
      [leaves.map(({ bytes }) => bytes), practice.uuid],
    );
    this.#admitted += count;
    await this.log.rows(`select pg_notify('log_entry', '')`);
  }

  /** What waits is published by somebody else, in one piece. */
  async integrate(): Promise<void> {
    await this.log.work.run((tx) => integrate(tx, this.log.signer));
  }

  /**
   * What was published stays as it was; every checkpoint is that of the leaves before it; every entry is there once; and
   * the folder, as a stranger verifies it who has seen it before, is that log.
   */
  async requireOneHistory(): Promise<void> {
    const leaves = await this.log.rows<{ index: string; entry: Buffer; hash: Buffer }>(
      'select l.index, e.entry, l.hash from log_leaf l join log_entry e on e.id = l.entry order by l.index',
    );
    expect(leaves.map(({ index }) => Number(index))).toEqual(leaves.map((_, index) => index));
    expect(leaves.every(({ entry, hash }) => leafHash(entry).equals(hash))).toBe(true);
    const waiting = await this.log.rows<{ entry: Buffer }>(
      'select e.entry from log_waiting w join log_entry e on e.id = w.entry',
    );
    const entries = [...leaves, ...waiting].map(({ entry }) => entry.toString());
    expect([entries.length, new Set(entries).size]).toEqual([this.#admitted, this.#admitted]);
    const rows = await this.log.rows<{ size: string; note: Buffer }>(
      'select size, note from checkpoint order by size',
    );
    const notes = new Map(rows.map(({ size, note }) => [Number(size), note.toString()]));
    for (const [size, note] of this.#published) expect(notes.get(size)).toBe(note);
    for (const [size, note] of notes) {
      if (this.#published.has(size)) continue;
      this.#published.set(size, note);
      const { root } = verifyCheckpoint(Buffer.from(note), this.log.signer.verifier);
      expect(root.equals(merkleRoot(leaves.slice(0, size).map(({ entry }) => entry)))).toBe(true);
    }
    expect(leaves.length).toBe(Math.max(0, ...notes.keys()));
    await this.#requireFolder(notes);
  }

  /** Leaves of the checkpoint in the folder; null while there is none. */
  inFolder(folder = this.folder): number | null {
    const path = join(folder, 'checkpoint');
    return existsSync(path) ? verifyCheckpoint(readFileSync(path), this.log.signer.verifier).size : null;
  }

  async #requireFolder(notes: ReadonlyMap<number, string>): Promise<void> {
    const size = this.inFolder();
    if (size === null) return;
    const report = await verifyFolder({
      ...{ folder: this.folder, stateFolder: this.#state, earlier: [], root: null, threads: 0 },
      policy: quorumPolicy(this.log.signer.verifier, [], 0),
      now: () => new Date(),
    });
    expect([report.findings.listed, report.log?.size]).toEqual([[], size]);
    expect(readFileSync(join(this.folder, 'checkpoint'), 'utf8')).toBe(notes.get(size));
  }
}
