/** What the thread does. */
import { X509Certificate } from 'node:crypto';
import { workerData } from 'piscina';
import { inspectDocument } from './inspect.ts';
import type { SignatureReport } from './report.ts';

/** What the thread is started with. */
export interface CheckerData {
  /** DER. */
  readonly anchors: readonly Uint8Array[];
}

export interface CheckerTask {
  readonly bytes: ArrayBuffer;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const { anchors } = workerData as CheckerData;
const trusted = anchors.map((der) => new X509Certificate(der));

export default function check({ bytes, now }: CheckerTask): SignatureReport {
  return inspectDocument(Buffer.from(bytes), { anchors: trusted, now: new Date(now) });
}
