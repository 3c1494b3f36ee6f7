/** The program of verifier threads that die: of a document that is named, while they check it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answerTask, type PoolTask } from '#evidence';

/** The path of a file that names the document, for the threads to inherit. */
const ORDER = 'VERIFIER_DIES';

/** What `VerifierPool` takes as its `program`. */
export const DYING_VERIFIER = fileURLToPath(import.meta.url);

/** How often threads die of a document. */
export type Deaths = 'once' | 'always';

/** From now on a thread that checks a task with `document` in it dies. @param orderFile a path of the test's own */
export function dieOf(document: Buffer, deaths: Deaths, orderFile: string): void {
  process.env[ORDER] = orderFile;
  writeFileSync(orderFile, `${deaths} ${digestOf(document)}`);
}

export default function answerOrDie(task: PoolTask): string {
  const file = process.env[ORDER] ?? '';
  const [deaths, digest] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  if (documentsOf(task).some((document) => digestOf(document) === digest)) {
    if (deaths === 'once') rmSync(file);
    // In a thread this ends the thread, at once, like one that runs out of memory.
    process.exit(1);
  }
  return answerTask(task);
}

function documentsOf({ packed, lengths }: PoolTask): readonly Buffer[] {
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return Buffer.from(packed, start - length, length);
  });
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
