import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { anchoredAccesses, parseAction, parseSignedItem } from '#contracts';
import { HubError } from '#errors';
import { decodeStrictBase64, leafHash, verifyInclusion } from '#tlog';
import { awaitProof, type CheckedProof } from '../audit/check-proof.ts';
import type { Network, Service } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { accessProof, type AccessProof } from './access-shapes.ts';

const LOOK_MS = 500;

const loggedAnchor = z.object({ root: z.string(), size: z.number().int().min(1) });
const entryShape = z.looseObject({ id: z.string(), node: z.string(), purpose: z.string().nullable() });

/** An access that stands in the log, by proofs that were checked here. */
export interface CheckedAccess {
  readonly access: AccessProof;
  /** The access as it is anchored, for reading. */
  readonly entry: z.output<typeof entryShape>;
  /** The leaf of its anchor in the log, proved. */
  readonly anchor: CheckedProof;
  readonly under: z.output<typeof loggedAnchor>;
}

/**
 * Checks an access as somebody would who believes nobody but the log: its bytes are under the root in the leaf of its
 * anchor, that leaf is in the log, and what the node tells beside it is what was anchored.
 * @throws HubError `ACCESS_NOT_FOUND`, `ACCESS_NOT_ANCHORED`, `ACCESS_ANCHOR_DAMAGED` from the node; those of `awaitProof`;
 *   `LOG_INCLUSION_INVALID`, `PROOF_DISAGREES`
 */
export async function checkAccess(
  network: Network,
  node: Service,
  id: string,
  withinMs: number,
): Promise<CheckedAccess> {
  const deadline = Date.now() + withinMs;
  const access = await awaitAccess(node, id, deadline);
  const anchor = await awaitAnchor(network, access, deadline);
  const item = decodeStrictBase64(access.item, 'the signed anchor');
  if (digestOf(item) !== anchor.entry.sha256)
    throw disagrees('the signed anchor is another than the log has');
  const { data: under } = loggedAnchor.safeParse(
    anchor.entry.kind === 'access' ? anchor.entry : signedAnchor(item),
  );
  if (under === undefined) throw disagrees('the leaf of the anchor has no root');
  const bytes = decodeStrictBase64(access.entry, 'the access');
  const hashes = access.hashes.map((hash) => decodeStrictBase64(hash, 'a hash of the proof'));
  const root = decodeStrictBase64(under.root, 'the root of the anchor');
  verifyInclusion(leafHash(bytes), access.index, under.size, hashes, root);
  const entry = readEntry(bytes);
  if (entry.id !== id || entry.node !== access.node) throw disagrees(`the proof is of ${entry.id}`);
  if (!isPurpose(access, entry.purpose)) throw disagrees('the purpose is not the one that was anchored');
  return { access, entry, anchor, under };
}

/**
 * The leaf of the anchor. An auditor that was older than the node has written it as it writes every action; its digest
 * is that of the signed bytes, in which the root stands, too.
 */
async function awaitAnchor(network: Network, { node, anchor }: AccessProof, deadline: number) {
  const sought = { eventId: anchor?.id ?? '', author: node };
  for (;;) {
    let notYet: HubError | undefined;
    for (const kind of ['access', 'action'] as const) {
      try {
        return await awaitProof(network, { ...sought, kind }, 0);
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== 'PROOF_NOT_YET') throw error;
        notYet ??= error;
      }
    }
    if (notYet !== undefined && Date.now() > deadline) throw notYet;
    await pause(LOOK_MS);
  }
}

function signedAnchor(item: Buffer): unknown {
  return anchoredAccesses(parseAction(parseSignedItem(item).item));
}

/** It may have been read just now: an anchor comes with the next minute. */
async function awaitAccess(node: Service, id: string, deadline: number): Promise<AccessProof> {
  for (;;) {
    try {
      return await clientOf(node).get(`/v1/accesses/${encodeURIComponent(id)}/proof`, accessProof);
    } catch (error) {
      const isEarly = error instanceof HubError && error.code === 'ACCESS_NOT_ANCHORED';
      if (!isEarly || Date.now() > deadline) throw error;
      await pause(LOOK_MS);
    }
  }
}

function readEntry(bytes: Buffer): CheckedAccess['entry'] {
  try {
    return entryShape.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new HubError('PROOF_DISAGREES', 'what is anchored is no access', { cause });
  }
}

function isPurpose({ purpose, purposeSalt }: AccessProof, anchored: string | null): boolean {
  if (purpose === null || purposeSalt === null) return anchored === null;
  return digestOf(Buffer.concat([Buffer.from(purposeSalt, 'base64'), Buffer.from(purpose)])) === anchored;
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function disagrees(reason: string): HubError {
  return new HubError('PROOF_DISAGREES', reason);
}
