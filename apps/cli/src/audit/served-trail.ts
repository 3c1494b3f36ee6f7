import { z } from 'zod';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { FewAtOnce } from '#platform';
import type { LogRecord, SoughtEvent } from '#audit';
import {
  decodeStrictBase64,
  leafHash,
  parseVkey,
  readLogEntry,
  verifyCheckpoint,
  verifyInclusion,
  type LogEntry,
} from '#tlog';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { RestClient } from '../rest/rest-client.ts';

/** Documents that are fetched at a time. */
const AT_ONCE = 8;

const proof = z.object({ entry: z.string() });

const trail = z.object({
  checkpoint: z.string(),
  leaves: z.array(z.object({ index: z.int(), entry: z.string(), hashes: z.array(z.string()) })),
  next: z.int().nullable(),
});

/**
 * All that the running auditor's log has of an event's practice, in its order: each leaf proved here under the log's
 * signature, each document compared with its leaf.
 * @throws HubError `PROOF_NOT_YET`, `AUTHOR_AMBIGUOUS` and the like from the auditor, `LOG_INCLUSION_INVALID`,
 *   `LOG_SIGNATURE_INVALID`, `PROOF_DISAGREES`
 */
export async function servedTrail(network: Network, { eventId, author }: SoughtEvent): Promise<LogRecord[]> {
  const auditor = clientOf(network.auditor);
  const found = await auditor.get(`/v1/proofs/${encodeURIComponent(eventId)}`, proof, {
    kind: 'event',
    author,
  });
  const { practice } = readLogEntry(decodeStrictBase64(found.entry, 'the log entry'));
  if (practice === null)
    throw new HubError('PROOF_DISAGREES', `the entry of event ${eventId} names no practice`);
  const leaves = await provenLeaves(auditor, network.log.vkey, practice);
  const few = new FewAtOnce(AT_ONCE);
  return await Promise.all(
    leaves.map(async (one) => ({ ...one, signed: await few.run(() => signedBytes(auditor, one.leaf)) })),
  );
}

async function provenLeaves(
  auditor: RestClient,
  vkey: string,
  { owner, uuid }: NonNullable<LogEntry['practice']>,
): Promise<Omit<LogRecord, 'signed'>[]> {
  const path = `/v1/practices/${encodeURIComponent(owner)}/${uuid}/trail`;
  const key = parseVkey(vkey);
  const proven: Omit<LogRecord, 'signed'>[] = [];
  for (let after: number | null | undefined; after !== null;) {
    const page: z.output<typeof trail> = await auditor.get(path, trail, { after });
    const { size, root } = verifyCheckpoint(Buffer.from(page.checkpoint), key);
    for (const { index, entry: text, hashes } of page.leaves) {
      const entry = decodeStrictBase64(text, 'the log entry');
      const way = hashes.map((hash) => decodeStrictBase64(hash, 'a hash of the proof'));
      verifyInclusion(leafHash(entry), index, size, way, root);
      proven.push({ index, entry, leaf: readLogEntry(entry) });
    }
    after = page.next;
  }
  return proven;
}

/** @throws HubError `PROOF_DISAGREES` */
async function signedBytes(auditor: RestClient, { sha256 }: LogEntry): Promise<Buffer | null> {
  try {
    const bytes = await auditor.bytes(`/v1/archive/${sha256}`);
    if (sha256Hex(bytes) === sha256) return bytes;
    throw new HubError('PROOF_DISAGREES', `the auditor gives other bytes for ${sha256}`);
  } catch (error) {
    if (error instanceof HubError && error.code === 'ARCHIVE_NOT_FOUND') return null;
    throw error;
  }
}
