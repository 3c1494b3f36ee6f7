/** Makes a chunk of a log: filings, decisions and receipts, signed as they would have been in service. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  archivePath,
  CopyRegistry,
  decisionEntry,
  eventEntry,
  folderCopy,
  receiptEntry,
  writePack,
} from '#audit';
import {
  parseCui,
  parseDocumentId,
  parseEventId,
  parsePracticeId,
  parseSha256,
  type Decision,
  type HubEvent,
  type IpaCode,
} from '#contracts';
import {
  pemSigner,
  sha256Hex,
  signDecisions,
  signEvent,
  signReceipts,
  verifyEvent,
  type Signer,
  type TrustView,
  type VerifiedEvent,
} from '#evidence';
import { systemIds } from '#platform';
import { entriesPath, formatBundle, leafHash, logEntry, TILE_WIDTH, type LogEntry } from '#tlog';
import { receiptOf } from '../receipt.ts';
import { CHUNK, leavesOfFiling, type FilledChunk, type FillPlan, type FillTask } from './fill-plan.ts';

/** Filings of one decision's and one receipt's batch, as a router under load has them. */
const BATCH = 64;
/** Of Brotli: what it saves above is not worth its time here. An auditor's own packs are a tenth smaller. */
const QUALITY = 2;

interface Leaf {
  readonly entry: Buffer;
  readonly signed: Buffer;
}

/** What a thread keeps between its tasks. */
interface Makers {
  readonly trust: TrustView;
  signerOf(holder: string): Signer;
}
let makers: Promise<Makers> | undefined;

export default async function fillChunk(task: FillTask): Promise<FilledChunk> {
  makers ??= open(task.plan);
  const made = new Chunk(task, await makers);
  for (let first = 0; first < task.filings; first += BATCH)
    await made.add(first, Math.min(BATCH, task.filings - first));
  return await made.write();
}

async function open({ to, pki }: FillPlan): Promise<Makers> {
  const registry = await CopyRegistry.read(folderCopy(to), null);
  if (registry === null) throw new Error('there is no registry in the copy');
  const signers = await Promise.all(
    Object.values(pki.holders).map(async ({ holder, signing }) => {
      const [certificate, key] = await Promise.all([
        readFile(signing.certFile, 'utf8'),
        readFile(signing.keyFile, 'utf8'),
      ]);
      return [holder, pemSigner(certificate, key)] as const;
    }),
  );
  const known = new Map(signers);
  return {
    trust: registry.latest,
    signerOf: (holder) => {
      const signer = known.get(holder);
      if (signer === undefined) throw new Error(`nobody is called ${holder}`);
      return signer;
    },
  };
}

class Chunk {
  readonly #task: FillTask;
  readonly #makers: Makers;
  readonly #leaves: Leaf[] = [];

  constructor(task: FillTask, made: Makers) {
    this.#task = task;
    this.#makers = made;
  }

  /** So many filings and what follows, as the auditor reads them: topic after topic. */
  async add(first: number, count: number): Promise<void> {
    const { filing, decision, recipients } = this.#task.plan;
    const filed: VerifiedEvent[] = [];
    for (let n = first; n < first + count; n += 1) filed.push(await this.#filed(filing, n));
    const at = new Date(this.#task.at + first + count);
    const decisions = filed.map((event) => decisionLike(decision, event, at));
    await this.#decided(decisions, at);
    for (const by of recipients) await this.#received(decisions, by, at);
  }

  /** Writes its bundles and packs. */
  async write(): Promise<FilledChunk> {
    const first = (this.#task.chunk * CHUNK * leavesOfFiling(this.#task.plan)) / TILE_WIDTH;
    for (let from = 0; from < this.#leaves.length; from += TILE_WIDTH) {
      const leaves = this.#leaves.slice(from, from + TILE_WIDTH);
      const bundle = { index: first + from / TILE_WIDTH, width: leaves.length };
      const pack = await writePack(
        leaves.map(({ signed }) => signed),
        { quality: QUALITY },
      );
      await this.#put(archivePath(bundle), pack);
      await this.#put(entriesPath(bundle), formatBundle(leaves.map(({ entry }) => entry)));
    }
    return {
      hashes: Buffer.concat(this.#leaves.map(({ entry }) => leafHash(entry))),
      signedBytes: this.#leaves.reduce((sum, { signed }) => sum + signed.length, 0),
    };
  }

  async #put(path: string, bytes: Buffer): Promise<void> {
    const place = join(this.#task.plan.to, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, bytes);
  }

  async #filed(model: HubEvent, n: number): Promise<VerifiedEvent> {
    const at = new Date(this.#task.at + n);
    const bytes = await signEvent(filingLike(model, at), this.#makers.signerOf(model.author.ipa), at);
    const verified = verifyEvent(bytes, this.#makers.trust, at);
    this.#leaf(eventEntry(verified), bytes);
    return verified;
  }

  async #decided(decisions: readonly Decision[], at: Date): Promise<void> {
    const signer = this.#makers.signerOf(this.#task.plan.decision.router);
    const { items } = await signDecisions(decisions, signer, at);
    for (const [n, decision] of decisions.entries()) {
      const item = itemAt(items, n);
      this.#leaf(decisionEntry({ decision, digest: sha256Hex(item) }), item);
    }
  }

  async #received(decisions: readonly Decision[], by: IpaCode, at: Date): Promise<void> {
    const receipts = decisions.map((decision) => receiptOf(decision, by, at));
    const { items } = await signReceipts(receipts, this.#makers.signerOf(by), at);
    for (const [n, receipt] of receipts.entries()) {
      const item = itemAt(items, n);
      this.#leaf(receiptEntry({ receipt, digest: sha256Hex(item) }), item);
    }
  }

  #leaf(entry: LogEntry, signed: Buffer): void {
    this.#leaves.push({ entry: logEntry(entry).bytes, signed });
  }
}

function itemAt(items: readonly Buffer[], n: number): Buffer {
  const item = items[n];
  if (item === undefined) throw new Error(`a batch without its item ${n}`);
  return item;
}

/** Another filing of the same kind: a practice, an id and documents of its own. */
function filingLike(model: HubEvent, at: Date): HubEvent {
  const uuid = systemIds.uuid();
  const documents = model.documents.map((document) => ({
    ...document,
    id: parseDocumentId(systemIds.uuid()),
    saltedDigest: parseSha256(systemIds.bytes(32).toString('hex')),
  }));
  const [form] = documents;
  if (model.body.type !== 'practice.filed' || form === undefined) throw new Error('the model is no filing');
  const { owner } = model.practice;
  const progressive = String(Number.parseInt(uuid.slice(-8), 16)).padStart(6, '0');
  return {
    ...model,
    id: parseEventId(systemIds.uuidv7()),
    time: at.toISOString(),
    practice: { owner, uuid: parsePracticeId(uuid), cui: parseCui(`${owner}/2026/${progressive}`) },
    body: { ...model.body, form: { ...model.body.form, document: form.id } },
    documents,
  };
}

function decisionLike(
  model: Decision,
  { event, digest, signedInfoDigest }: VerifiedEvent,
  at: Date,
): Decision {
  const { author, id, type, practice } = event;
  return {
    ...model,
    time: at.toISOString(),
    event: { author: author.ipa, id, type, digest, signedInfoDigest },
    practice,
  };
}
