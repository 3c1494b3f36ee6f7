import { ActionLog } from '#actions';
import { attributedTo } from '#evidence';
import { done, type IncomingRecord, type Outcome } from '#messaging';
import type { Tx } from '#persistence';
import type { QuarantineParts } from '#quarantine';
import { MANIFEST_ORIGIN } from '../documents/take-manifest.ts';
import type { ReceiveBatch } from '../inbox/receive-batch.ts';
import type { NodeParts } from '../node-parts.ts';
import { releaseManifest } from './release-manifest.ts';

/** The node's part in its quarantine: everything in it is the node's own, and was a record or a manifest. */
export function authorityQuarantine(parts: NodeParts, receive: ReceiveBatch): QuarantineParts {
  const { ipa, work, clock, ids, signer, registry } = parts;
  const judge = async (tx: Tx, record: IncomingRecord): Promise<Outcome> => {
    if (record.topic === MANIFEST_ORIGIN) return releaseManifest(tx, parts, record.offset);
    const outcome = await receive.runOne(tx, record);
    // An event that waits for an earlier position is taken in: nothing is left to release.
    return outcome.kind === 'hold' ? done() : outcome;
  };
  return {
    work,
    clock,
    ids,
    actions: new ActionLog({ role: 'authority', signer, clock, ids }),
    attributedTo: (bytes) => attributedTo(bytes, registry),
    at: ipa,
    whose: () => ({ member: ipa }),
    judge,
  };
}
