/** What the read API answers. */
import { z } from 'zod';

const base64 = z.string().describe('base64');
const hash = z.string().describe('SHA-256, 32 bytes in base64');
const size = z.number().int().describe('leaves in the tree of the checkpoint');
const checkpoint = z.string().describe('the signed checkpoint, C2SP tlog-checkpoint');

const provenLeaf = z.object({
  index: z.number().int().describe('from 0'),
  entry: base64.describe('the exact bytes whose leaf hash is in the tree, base64'),
  entryJson: z.record(z.string(), z.unknown()).describe('the same entry, for reading'),
  leafHash: hash,
  hashes: z.array(hash).describe('inclusion proof, from the leaf’s sibling to the root’s child'),
});
export type ProvenLeaf = z.infer<typeof provenLeaf>;

export const leafProof = provenLeaf.extend({
  size,
  root: hash,
  checkpoint,
  tlogProof: z.string().describe('all of it as one C2SP tlog-proof text, with the entry as extra data'),
});
export type LeafProof = z.infer<typeof leafProof>;

export const practiceTrail = z.object({
  practice: z.object({ owner: z.string(), uuid: z.string() }),
  size,
  root: hash,
  checkpoint,
  leaves: z.array(provenLeaf).describe('in the order of the log'),
  next: z.number().int().nullable().describe('give it as `after` for the next page; null on the last'),
});
export type PracticeTrail = z.infer<typeof practiceTrail>;

export const consistency = z.object({
  from: z.number().int(),
  to: z.number().int(),
  fromRoot: hash,
  toRoot: hash,
  hashes: z.array(hash).describe('consistency proof, RFC 9162 §2.1.4'),
});
export type Consistency = z.infer<typeof consistency>;

export const authorEvents = z.object({
  author: z.string(),
  events: z
    .array(z.object({ index: z.number().int(), eventId: z.uuid(), sha256: z.string() }))
    .describe('Newest first'),
});
export type AuthorEvents = z.output<typeof authorEvents>;
