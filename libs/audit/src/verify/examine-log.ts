import { defaultThreads, programBeside, readCertificate, Threads, type SigningCertificate } from '#evidence';
import { TILE_WIDTH, type ReadLogFile, type RecomputedEntries } from '#tlog';
import { packOf } from '../copy/records.ts';
import type { AccessTimes } from './access-times.ts';
import { examineBundle, type ExaminedBundle, type ExaminedBy } from './examine-bundle.ts';
import type { ExamineAnswer, ExamineData, ExaminedText, ExamineTask } from './examine-worker.ts';
import type { Findings } from './findings.ts';
import type { JudgeDocuments } from './judge-documents.ts';
import type { LeafRecords } from './leaf-records.ts';
import type { BundleToRead, LeafCounts } from './leaves.ts';

const PROGRAM = programBeside(import.meta.url, 'examine-worker');
/** Bundles that are on their way through the threads together: for each thread one, and one that waits. */
const AHEAD = 2;
/** More of them than this, bytes as they lie in the copy, and no further one is read. */
const AHEAD_BYTES = 16_777_216;
/** A thread takes as long to start, and to verify the registry, as some hundreds of leaves take. */
const WORTH_THREADS = 2_048;

/** How many threads are worth starting for so many leaves. */
export function threadsFor(leaves: number): number {
  return leaves < WORTH_THREADS ? 0 : defaultThreads();
}

/** Takes the records of leaves, in the order of the log. */
export interface TakesRecords {
  add(records: LeafRecords): Promise<void>;
}

export interface ExamineSettings {
  readonly read: ReadLogFile;
  /**
   * What signatures are examined with; null: they are not. The verifier checks documents one by one where there are no
   * threads that examine whole bundles, or one of these has died.
   */
  readonly by: ExaminedBy | null;
  /** Threads that examine whole bundles; 0: the calling thread does. */
  readonly threads: number;
  /** The program of the threads, in place of this room's own. For tests, whose threads die. */
  readonly program?: string;
  /** True if the copy says that it has every document. */
  readonly hasEverything: boolean;
  /** Where everything that is found goes. */
  readonly findings: Findings;
  readonly counts: LeafCounts;
  readonly judge: JudgeDocuments | null;
  /** What all leaves are compared by; null where nobody will ask. */
  readonly order: TakesRecords | null;
  /** The same of what nodes say when accesses were. */
  readonly accesses: AccessTimes | null;
}

interface Underway {
  readonly bytes: number;
  readonly examined: Promise<ExaminedBundle>;
}

/** Has bundles examined on threads, some ahead, and takes in what they say here, in the order of the log. */
export class ExamineLog {
  readonly #settings: ExamineSettings;
  readonly #threads: Threads<ExamineTask, ExamineAnswer> | null;
  readonly #underway: Underway[] = [];
  /** By fingerprint, from one bundle to the next. */
  readonly #certificates = new Map<string, SigningCertificate>();
  #bytes = 0;

  constructor(settings: ExamineSettings) {
    const { threads, by, program = PROGRAM } = settings;
    this.#settings = settings;
    const data: ExamineData = { entries: by?.registry.entries ?? [], root: by?.registry.under ?? null };
    this.#threads = threads === 0 ? null : new Threads({ threads, program, data });
  }

  /** @throws HubError `VERIFIER_FAILED` if the threads are unwell, `LOG_COPY_UNREADABLE` */
  async push(recomputed: RecomputedEntries): Promise<void> {
    const bundle = await this.#bundleOf(recomputed);
    const examined = this.#examine(bundle);
    // It is awaited in its turn; until then its failure is nobody's surprise.
    examined.catch(() => undefined);
    const bytes = bytesOf(bundle);
    this.#underway.push({ bytes, examined });
    this.#bytes += bytes;
    const most = AHEAD * this.#settings.threads;
    while (this.#bytes > AHEAD_BYTES || this.#underway.length > most) await this.#settleFirst();
  }

  /** Until everything pushed so far is judged. @throws as `push` */
  async drain(): Promise<void> {
    while (this.#underway.length > 0) await this.#settleFirst();
  }

  async close(): Promise<void> {
    await this.#threads?.close();
  }

  async #bundleOf({ from, entries }: RecomputedEntries): Promise<BundleToRead> {
    const { read, hasEverything } = this.#settings;
    const address = { index: Math.floor(from / TILE_WIDTH), width: (from % TILE_WIDTH) + entries.length };
    return { from, entries, pack: await packOf(address, read), hasEverything };
  }

  async #examine(bundle: BundleToRead): Promise<ExaminedBundle> {
    const { by } = this.#settings;
    if (this.#threads === null) return await examineBundle(bundle, by);
    try {
      const task = taskOf(bundle);
      return examinedOf(await this.#threads.run(task, [task.packed]));
    } catch (error) {
      if (this.#threads.isClosed) throw error;
      // A document that a thread dies of has to answer for it alone: the verifier finds out which one.
      return await examineBundle(bundle, by);
    }
  }

  async #settleFirst(): Promise<void> {
    const first = this.#underway.shift();
    if (first === undefined) return;
    this.#bytes -= first.bytes;
    const { findings, counts, records, accesses, vouched, certificates } = await first.examined;
    this.#settings.findings.take(findings);
    count(this.#settings.counts, counts);
    await this.#settings.order?.add(records);
    for (const times of accesses) this.#settings.accesses?.add(times, this.#settings.findings);
    for (const [by, der] of Object.entries(certificates))
      if (!this.#certificates.has(by))
        this.#certificates.set(by, readCertificate(Buffer.from(der, 'base64')));
    for (const leaf of vouched) this.#settings.judge?.judge(leaf, this.#certificates);
  }
}

function bytesOf({ entries, pack }: BundleToRead): number {
  return entries.reduce((sum, { length }) => sum + length, pack?.pack.length ?? 0);
}

function taskOf(bundle: BundleToRead): ExamineTask {
  const { from, entries, pack, hasEverything } = bundle;
  const packed = new ArrayBuffer(bytesOf(bundle));
  const target = Buffer.from(packed);
  let at = 0;
  for (const entry of entries) at += entry.copy(target, at);
  pack?.pack.copy(target, at);
  const lengths = entries.map(({ length }) => length);
  return { from, packed, lengths, packWidth: pack?.width ?? null, hasEverything };
}

function examinedOf({ text, keys, positions }: ExamineAnswer): ExaminedBundle {
  const { newest, ...rest } = JSON.parse(text) as ExaminedText;
  return { ...rest, records: { newest, keys: asBuffer(keys), positions: asBuffer(positions) } };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function count(all: LeafCounts, { leaves, documents }: LeafCounts): void {
  for (const [kind, found] of Object.entries(leaves)) all.leaves[kind] = (all.leaves[kind] ?? 0) + found;
  all.documents += documents;
}
