/** What two nodes that compare themselves say to each other (docs/reconciliation.md): JSON over mutual TLS. */
import { z } from 'zod';
import { parseEventId, parseIpaCode, parsePracticeId, parseSha256 } from '#contracts';
import { NODES_AT_ONCE } from './compare-trees.ts';
import type { RangeItem, TreeNode } from './range-tree.ts';

/** Events of one bucket at most: there are 65,536 buckets. */
const MAX_BUCKET = 5_000;
/** Events that a neighbour is told of at once: it fetches each before it answers. */
export const MAX_TOLD = 50;

const ipa = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const moment = z.iso.datetime({ precision: 3, offset: false });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z
  .string()
  .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)
  .describe('32 bytes, base64');
const prefixes = (length: number) =>
  z.string().regex(new RegExp(`^(?:[0-9a-f]{${length}})(?:,[0-9a-f]{${length}}){0,${NODES_AT_ONCE - 1}}$`));

const rangeFields = {
  from: moment.describe('Events that a router placed from this time on, UTC with milliseconds'),
  to: moment.describe('… and before this one'),
  author: ipa.describe('Whose events'),
};

/** `GET v1/reconciliations/peer/nodes`: the children of the root, or of branches. */
export const nodesQuery = z.object({
  ...rangeFields,
  prefixes: prefixes(2)
    .optional()
    .describe('Branches, hexadecimal, separated by commas; the root when absent'),
});

/** `GET v1/reconciliations/peer/items`: the events in buckets. */
export const itemsQuery = z.object({
  ...rangeFields,
  prefixes: prefixes(4).describe('Buckets, hexadecimal, separated by commas'),
});

const node = z.object({
  prefix: z.string().regex(/^(?:[0-9a-f]{2}){1,2}$/),
  count: z.int().min(1),
  digest,
});

export const nodesAnswer = z.object({
  nodes: z
    .array(z.object({ prefix: z.string().max(2), children: z.array(node).max(256) }))
    .max(NODES_AT_ONCE),
});

const item = z.object({
  author: ipa,
  eventId: z.uuid(),
  owner: ipa,
  uuid: z.uuid(),
  position: z.int().min(1).max(2_147_483_647),
  digest: sha256.describe('SHA-256 of the signed bytes'),
  decisionDigest: sha256.describe('SHA-256 of the signed decision'),
});

export const itemsAnswer = z.object({
  buckets: z
    .array(z.object({ prefix: z.string().length(4), items: z.array(item).max(MAX_BUCKET) }))
    .max(NODES_AT_ONCE),
});

/** `PUT v1/reconciliations/peer/statement`. */
export const statementBody = z.object({
  statement: z
    .base64()
    .max(65_536)
    .describe('The caller’s signed statement (reconciliation-1.xsd), for the range that it names'),
});

export const statementAnswer = z.object({
  agreed: z.boolean().describe('Whether both hold the same: then both statements are a certificate'),
  statement: z.base64().max(65_536).describe('The answering node’s signed statement of the same range'),
});

/** `PUT v1/reconciliations/peer/missing`: what the answering node lacks, to be fetched from the caller. */
export const missingBody = z.object({ events: z.array(item).min(1).max(MAX_TOLD) });

export const missingAnswer = z.object({
  outcomes: z
    .array(
      z.object({
        author: ipa,
        eventId: z.uuid(),
        code: z.string().max(64).nullable().describe('Null: it is in its place now'),
      }),
    )
    .max(MAX_TOLD),
});

/** A node as JSON carries it, and read from there. */
export function writeNode({ digest: bytes, ...rest }: TreeNode): z.output<typeof node> {
  return { ...rest, digest: bytes.toString('base64') };
}

export function readNode({ digest: text, ...rest }: z.output<typeof node>): TreeNode {
  return { ...rest, digest: Buffer.from(text, 'base64') };
}

/** An event as JSON carries it. @throws HubError `ID_MALFORMED` */
export function readItem(sent: z.output<typeof item>): RangeItem {
  return {
    author: parseIpaCode(sent.author),
    eventId: parseEventId(sent.eventId),
    owner: parseIpaCode(sent.owner),
    uuid: parsePracticeId(sent.uuid),
    position: sent.position,
    digest: parseSha256(sent.digest),
    decisionDigest: parseSha256(sent.decisionDigest),
  };
}
