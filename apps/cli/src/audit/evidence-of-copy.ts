/** A container of evidence from a copy of the log: without the auditor, and without asking anybody. */
import { PassThrough, Readable, Writable } from 'node:stream';
import { ContainerWriter, copySource, packEvidence, practiceInCopy, readPracticeChoice } from '#audit';
import { HubError } from '#errors';
import { pemSigner, type Signer } from '#evidence';
import { readInput } from '../network/read-input.ts';
import { languageOf } from '../output/failure.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { writeStream, type WrittenOut } from '../output/write-out.ts';
import { openCopy, type OpenCopy } from './open-copy.ts';
import type { CopyOptions } from './copy-options.ts';

/** What a container from a copy lacks, whatever the copy has. */
const NEVER = ['later', 'accesses', 'documents', 'held'] as const;
/** What is missing in such a container, and that the summary says so. `seal` and `witnesses` may be there. */
export type Missing = (typeof NEVER)[number] | 'seal' | 'witnesses';

export interface CopyEvidenceOptions extends CopyOptions {
  readonly in: string;
  readonly out: string;
  /** PEM, the auditor's certificate and its key: it is sealed as the auditor's node would. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly wholeRegistry: boolean;
}

export interface CopyEvidence {
  readonly practice: { readonly owner: string; readonly uuid: string };
  readonly written: WrittenOut;
  readonly missing: readonly Missing[];
  readonly vkey: string;
  /** Of the network's root, by which the registry was read. */
  readonly root: string;
}

/**
 * Finds a practice in a copy and writes its container.
 * @param home where a running network's keys are looked for if they were not given
 * @throws HubError `USAGE_INVALID`, `FILE_UNREADABLE`, those of `openCopy`, `practiceInCopy`, `copySource` and `packEvidence`; no file
 *   is left behind then
 */
export async function evidenceOfCopy(
  name: string,
  options: CopyEvidenceOptions,
  home: string,
): Promise<CopyEvidence> {
  const choice = readPracticeChoice(name);
  const copy = await openCopy(options.in, options, { home, asksNodes: false });
  const signer = await sealerOf(options, copy);
  const bar = new ProgressBar(languageOf(process.env) === 'it' ? 'voci' : 'entries');
  const progress = (done: number): void => {
    bar.show(done, copy.head.size);
  };
  try {
    const practice = await practiceInCopy(copy, choice, progress);
    const source = await copySource(copy, practice, progress);
    const sealing = { signer, at: new Date(), wholeRegistry: options.wholeRegistry };
    const written = await streamed(options.out, async (writer) => {
      await packEvidence(source, writer, sealing);
    });
    const missing: Missing[] = [...NEVER];
    if (signer === null) missing.unshift('seal');
    if (source.witnesses.length === 0) missing.push('witnesses');
    return { practice, written, missing, vkey: copy.logKey, root: options.root ?? copy.registry.root };
  } finally {
    bar.end();
  }
}

/** Only a seal that verifies is made: that of whom the registry lists as the auditor. @throws HubError `USAGE_INVALID` */
async function sealerOf({ cert, key }: CopyEvidenceOptions, { registry }: OpenCopy): Promise<Signer | null> {
  if (cert === undefined || key === undefined) return null;
  const [certificate, secret] = await Promise.all([readInput(cert), readInput(key)]);
  const signer = pemSigner(certificate.toString('utf8'), secret.toString('utf8'));
  const listed = registry.latest().certificate(signer.certificate.fingerprint);
  if (listed?.role === 'auditor' && listed.revokedFrom === null) return signer;
  throw new HubError(
    'USAGE_INVALID',
    `--cert: the registry of this copy does not list ${cert} as the auditor's certificate in force`,
  );
}

/** Writes a file while it is packed; whatever fails, the packing's own error is told. */
async function streamed(out: string, pack: (writer: ContainerWriter) => Promise<void>): Promise<WrittenOut> {
  const pipe = new PassThrough();
  const written = writeStream(out, Readable.toWeb(pipe) as ReadableStream<Uint8Array>);
  const packed = (async () => {
    try {
      await pack(await ContainerWriter.open(Writable.toWeb(pipe)));
    } catch (error) {
      pipe.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  })();
  const [packing, writing] = await Promise.allSettled([packed, written]);
  const failure = [packing, writing].find(({ status }) => status === 'rejected');
  if (packing.status === 'rejected' && packing.reason instanceof HubError) throw packing.reason;
  if (writing.status === 'fulfilled' && failure === undefined) return writing.value;
  // The disk has failed first: what the packing says of it is that nobody reads any more.
  throw writing.status === 'rejected' ? writing.reason : (packing as PromiseRejectedResult).reason;
}
