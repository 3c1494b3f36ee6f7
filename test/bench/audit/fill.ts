/**
 * A log of so many filings, each with its decision and its receipts, as a folder: what the auditor's tools are tried on.
 * Filings are alike, and each has ids, digests and a signature of its own; whether it verifies, the tools tell.
 */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXPORT_FORMAT, registryPath, type ExportDescription } from '#audit';
import { parseIpaCode } from '#contracts';
import { ensureNetworkPki } from '#embedded';
import { programBeside, Threads } from '#evidence';
import { systemIds } from '#platform';
import {
  hashesIn,
  noteSigner,
  signCheckpoint,
  TILE_WIDTH,
  TileEdge,
  tilePath,
  type WrittenTile,
} from '#tlog';
import { aDecision } from '../../../libs/testing/src/builders/decisions.ts';
import { TestClock } from '../../../libs/testing/src/builders/determined.ts';
import { aNetwork, HOLDERS } from '../../../libs/testing/src/builders/network.ts';
import { aPractice } from '../../../libs/testing/src/builders/practice.ts';
import { foundNetwork } from '../hot-path/nodes.ts';
import { readOnce, type BenchOptions, type Figure } from '../measure.ts';
import { CHUNK, CHUNK_MS, type FilledChunk, type FillPlan, type FillTask } from './fill-plan.ts';

const WORKER = programBeside(import.meta.url, 'fill-worker');
/** Files beside the log: its public key, and the fingerprint of the network's root. */
export const VKEY_FILE = 'log.vkey';
export const ROOT_FILE = 'network.root';
/** What the auditor's node would seal with, of a network that never runs: containers of evidence can be made as by that node. */
const SEAL_FILES = { certFile: 'auditor.pem', keyFile: 'auditor.key' } as const;
const ORIGIN = 'bench.reset-hub.example/log';
/** Who gives receipts, as far as receipts are asked for. */
const RECIPIENTS = ['p_cr', 'c_d142', 'c_b898'].map(parseIpaCode);
const ATTACHMENTS = 5;
const DAY_MS = 86_400_000;
/** Tasks that wait for each thread while it is at one. */
const AHEAD = 2;
/** The machine may be busy with other things: a log of half an hour is not given up for that. */
const DEADLINE_MS = 900_000;
/** Chunks between two words of how far it is. */
const TOLD = 40;

/** A log in a folder, and what one has to know to verify it. */
export interface Filled {
  readonly vkey: string;
  /** Fingerprint of the network's root. */
  readonly root: string;
  readonly leaves: number;
  /** Bytes of the signed documents, before they were packed. */
  readonly signedBytes: number;
}

/** @returns filings a second, from their signing to the log on the disk */
export async function fillFolder(options: BenchOptions): Promise<readonly Figure[]> {
  const { events, receipts, to, tell } = options;
  if (to === undefined) throw new Error('--only fill needs --to DIR');
  const start = performance.now();
  const cpu = process.cpuUsage();
  const { vkey, root, leaves } = await fill(to, { events, receipts, tell });
  const { user, system } = process.cpuUsage(cpu);
  tell(`npm run hub -- audit verify ${to} --vkey '${vkey}' --root ${root}`);
  return [
    readOnce('audit.fill', (events * 1_000) / (performance.now() - start), 'filings/s'),
    readOnce('audit.fill.cpu', (user + system) / events, 'µs/filing'),
    readOnce('audit.fill.leaves', leaves, 'leaves'),
  ];
}

/** Makes a log in an empty folder, on as many threads as there are processors. */
export async function fill(
  to: string,
  { events, receipts, tell }: Pick<BenchOptions, 'events' | 'receipts' | 'tell'>,
): Promise<Filled> {
  await mkdir(to, { recursive: true });
  if ((await readdir(to)).length > 0) throw new Error(`${to} is not empty`);
  const keys = await mkdtemp(join(tmpdir(), 'bench-keys-'));
  try {
    // It ends a day ago: nothing in it is signed ahead of anybody's clock.
    const begun = Date.now() - DAY_MS - Math.ceil(events / CHUNK) * CHUNK_MS;
    const { plan, root } = await planOf(to, { keys, begun, receipts });
    await put(to, ROOT_FILE, `${root}\n`);
    const seal = plan.pki.holders['auditor']?.signing;
    if (seal === undefined) throw new Error('the network has no auditor');
    await copyFile(seal.certFile, join(to, SEAL_FILES.certFile));
    await copyFile(seal.keyFile, join(to, SEAL_FILES.keyFile));
    return { root, ...(await fillPlanned(plan, { events, begun, tell })) };
  } finally {
    await rm(keys, { recursive: true, force: true });
  }
}

/** Founds a network, and writes its registry into the copy. */
async function planOf(
  to: string,
  { keys, begun, receipts }: { readonly keys: string; readonly begun: number; readonly receipts: number },
): Promise<{ readonly plan: FillPlan; readonly root: string }> {
  const founded = new Date(begun - DAY_MS);
  const pki = await ensureNetworkPki({ dir: keys, holders: HOLDERS, now: founded });
  const clock = new TestClock(founded);
  const network = await foundNetwork(aNetwork().withPki(pki).withIds(systemIds).at(clock));
  for (const [n, entry] of network.entries.entries()) await put(to, registryPath(n + 1), entry);
  const filing = aPractice(network).filedBy('c_d150').withFact('in-fascia-di-confine', 'true');
  for (let n = 0; n < ATTACHMENTS; n += 1) filing.withDocument();
  const signed = await filing.signed();
  const { decision } = await aDecision(signed, 1);
  const recipients = RECIPIENTS.slice(0, receipts);
  return { plan: { to, pki, filing: signed.event, decision, recipients }, root: network.root.fingerprint };
}

async function fillPlanned(
  plan: FillPlan,
  { events, begun, tell }: { readonly begun: number } & Pick<BenchOptions, 'events' | 'tell'>,
): Promise<Omit<Filled, 'root'>> {
  const { to } = plan;
  const signer = noteSigner(ORIGIN, randomBytes(32));
  const edge = TileEdge.empty();
  let signedBytes = 0;
  let chunk = 0;
  for await (const filled of inOrder(plan, events, begun)) {
    await putTiles(to, edge.grow(hashesIn(Buffer.from(filled.hashes))), (width) => width === TILE_WIDTH);
    signedBytes += filled.signedBytes;
    chunk += 1;
    if (chunk % TOLD === 0) tell(`${chunk * CHUNK} of ${events} filings`);
  }
  const size = edge.size;
  await putTiles(to, edge.partials(), () => true);
  const description: ExportDescription = {
    format: EXPORT_FORMAT,
    origin: ORIGIN,
    size,
    madeAt: new Date().toISOString(),
    archive: { of: 'everything', documents: size },
  };
  await put(to, 'export.json', JSON.stringify(description));
  const { vkey } = signer.verifier;
  await put(to, VKEY_FILE, `${vkey}\n`);
  await put(to, 'checkpoint', signCheckpoint({ origin: ORIGIN, size, root: edge.root() }, signer));
  return { vkey, leaves: size, signedBytes };
}

/** The chunks in the order of the log, some of them ahead. */
async function* inOrder(plan: FillPlan, events: number, begun: number): AsyncGenerator<FilledChunk> {
  const threads = availableParallelism();
  const pool = new Threads<FillTask, FilledChunk>({
    threads,
    program: WORKER,
    deadlineMs: DEADLINE_MS,
  });
  const underway: Promise<FilledChunk>[] = [];
  try {
    for (let chunk = 0; chunk * CHUNK < events || underway.length > 0; chunk += 1) {
      const filings = Math.min(CHUNK, events - chunk * CHUNK);
      if (filings > 0) underway.push(pool.run({ plan, chunk, filings, at: begun + chunk * CHUNK_MS }));
      if (filings > 0 && underway.length < AHEAD * threads) continue;
      const next = await underway.shift();
      if (next !== undefined) yield next;
    }
  } finally {
    await Promise.allSettled(underway);
    await pool.close();
  }
}

async function putTiles(
  to: string,
  tiles: readonly WrittenTile[],
  which: (width: number) => boolean,
): Promise<void> {
  for (const { tile, bytes } of tiles) if (which(tile.width)) await put(to, tilePath(tile), bytes);
}

async function put(to: string, path: string, bytes: Buffer | string): Promise<void> {
  const place = join(to, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, bytes);
}
