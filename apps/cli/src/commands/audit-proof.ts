import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network } from '../network/network-file.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { findEvent } from '../practices/find-event.ts';

const options = z.object({
  author: text.optional(),
  wait: z.coerce.number().min(0).max(600).default(5),
});

/** `audit proof`: is an event in the log? Checked here, with the log's public key. */
export function auditProof(tell: Tell): Command {
  return leaf('proof <event-id>', {
    description:
      "Prove that an event is in the log: the auditor's proof, checked here with the log's public key",
    examples: ['audit proof 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071'],
  })
    .option('--author <ipa>', 'whose event, when two authors have used one id')
    .option('--wait <seconds>', 'how long to wait for an event that is not in the log yet', '5')
    .action(
      answering(options, tell, async ({ options: { author, wait }, args: [eventId = ''], home }) => {
        const network = await readNetwork(home);
        const { awaitProof } = await import('../audit/check-proof.ts');
        const proof = await awaitProof(network, eventId, author, wait * 1_000);
        const { entry, index, size, root, signedBy } = proof;
        const bytes = await compareBytes(network, eventId, entry.sha256);
        const answer = { eventId, verified: true, bytes, vkey: network.log.vkey, ...proof };
        const summary = {
          event: `${entry.type} ${eventId} by ${entry.author}`,
          place: `leaf ${index} of ${size}`,
          root,
          'signed by': signedBy.join(', '),
          bytes: bytes.compared
            ? `those held by ${bytes.at} have the digest in the log`
            : `not compared: ${bytes.reason}`,
        };
        return { json: answer, text: `IN THE LOG\n${fields(summary)}\n\n${proof.proof}` };
      }),
    );
}

type Comparison =
  | { readonly compared: true; readonly at: string; readonly sha256: string }
  | { readonly compared: false; readonly reason: string };

/** The log has a digest; an authority has the bytes. @throws HubError `PROOF_DISAGREES` */
async function compareBytes(network: Network, eventId: string, logged: string): Promise<Comparison> {
  try {
    const { bytes, at } = await findEvent(network, eventId, undefined);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 === logged) return { compared: true, at, sha256 };
    throw new HubError('PROOF_DISAGREES', `${at} holds bytes with digest ${sha256}, the log has ${logged}`);
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'PROOF_DISAGREES') throw error;
    return { compared: false, reason: error.code };
  }
}
