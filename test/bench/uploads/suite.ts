/** What looking for signatures costs a node: a document of 50 MB, from the store to its report. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';
import { FileDocumentStore, type DocumentKey } from '#documents';
import { SignatureChecker } from '#signed-uploads';
// By its path: what is for tests is not compiled.
import {
  aCa,
  aCms,
  aPdf,
  aSigner,
  padesBy,
  signedPdf,
} from '../../../libs/testing/src/builders/signed-uploads.ts';
import { alone, type Figure, type Options } from '../measure.ts';

const MEGABYTES = 50;
const BYTES = MEGABYTES * 1024 * 1024;
/** Each reads and checks some 50 MB. */
const ROUNDS = 5;

/**
 * Wall time, which is only meaningful while two processors are free, and the longest turn of the event loop in processor
 * time of the calling thread, which a busy machine does not make longer.
 */
export async function benchUploads({ rounds }: Options): Promise<readonly Figure[]> {
  const ca = await aCa();
  const signer = await aSigner(ca);
  const pdf = signedPdf(Buffer.concat([aPdf(), Buffer.alloc(BYTES, '% riempitivo\n')]), padesBy(signer));
  const documents = {
    pdf,
    p7m: aCms(signer, { content: pdf }),
    'p7m-in-pieces': aCms(signer, { content: pdf, pieces: 1_000 }),
  };
  const root = await mkdtemp(join(tmpdir(), 'reset-hub-bench-'));
  const store = new FileDocumentStore({ root });
  const checker = new SignatureChecker({ anchors: [ca.certificate] });
  try {
    const figures: Figure[] = [];
    for (const [name, bytes] of Object.entries(documents)) {
      const key = await put(store, bytes);
      figures.push(
        ...(await benchOne(name, { store, checker, key, size: bytes.length }, Math.min(rounds, ROUNDS))),
      );
    }
    return figures;
  } finally {
    await checker.close();
    await rm(root, { recursive: true });
  }
}

async function put(store: FileDocumentStore, bytes: Buffer): Promise<DocumentKey> {
  const key = {
    owner: parseIpaCode('c_d150'),
    practice: parsePracticeId(crypto.randomUUID()),
    document: parseDocumentId(crypto.randomUUID()),
  };
  await store.put(key, Readable.from([bytes]), { maxBytes: bytes.length });
  return key;
}

interface Bench {
  readonly store: FileDocumentStore;
  readonly checker: SignatureChecker;
  readonly key: DocumentKey;
  readonly size: number;
}

async function benchOne(
  name: string,
  { store, checker, key, size }: Bench,
  rounds: number,
): Promise<Figure[]> {
  const [times, blocks]: [number[], number[]] = [[], []];
  // The first round starts the thread, and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    const longestTurn = watchTurns();
    const start = performance.now();
    const { signatures } = await checker.check(store.open(key), size, new Date());
    const elapsed = performance.now() - start;
    const block = longestTurn();
    if (signatures.some(({ integrity }) => integrity.status !== 'valid'))
      throw new Error('a good signature failed');
    if (round === 0) continue;
    times.push(elapsed);
    blocks.push(block);
  }
  return [
    alone(`uploads.${name}.${MEGABYTES}mb`, times, 'ms'),
    alone(`uploads.${name}.${MEGABYTES}mb.longest-turn`, blocks, 'ms'),
  ];
}

/** @returns ends the watch, and says how long the longest turn was, milliseconds */
function watchTurns(): () => number {
  let longest = 0;
  let watching = true;
  let last = process.threadCpuUsage();
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.threadCpuUsage();
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    watching = false;
    return longest;
  };
}
