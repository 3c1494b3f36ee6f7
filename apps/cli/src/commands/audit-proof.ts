import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network } from '../network/network-file.ts';
import type { CheckedProof } from '../audit/check-proof.ts';
import { PROVABLE_KINDS, type ProvableKind } from '../audit/provable-kinds.ts';
import { clientOf, everyNode } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { findEvent } from '../practices/find-event.ts';

const options = z.object({
  kind: z.enum(PROVABLE_KINDS).default('event'),
  author: text.optional(),
  wait: z.coerce.number().min(0).max(600).default(5),
});

/**
 * `audit proof`: is an event in the log, its decision, an operator's action, a change of the registry, a minute of
 * accesses? Checked here, with the log's public key.
 */
export function auditProof(tell: Tell): Command {
  return leaf('proof <id>', {
    description:
      "Prove that an event is in the log: the auditor's proof, checked here with the log's public key",
    examples: [
      'audit proof 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071',
      'audit proof <action-id> --kind action',
      'audit proof 17 --kind registry',
    ],
  })
    .option(
      '--kind <kind>',
      'event, decision (of an event), action (of an operator), registry (<id> is the entry’s number), or access (what a node has anchored)',
      'event',
    )
    .option(
      '--author <ipa>',
      'whose event, when two authors have used one id; of an action or accesses, the node',
    )
    .option('--wait <seconds>', 'how long to wait for an event that is not in the log yet', '5')
    .action(
      answering(options, tell, async ({ options: { author, wait, kind }, args: [id = ''], home }) => {
        const eventId = await leafIdOf(kind, id);
        const network = await readNetwork(home);
        const { awaitProof } = await import('../audit/check-proof.ts');
        const proof = await awaitProof(network, { kind, eventId, author }, wait * 1_000);
        const { entry, index, size, root, signedBy } = proof;
        const bytes = await compareBytes(network, proof);
        const answer = { eventId, verified: true, bytes, vkey: network.log.vkey, ...proof };
        const summary = {
          [entry.kind]: `${entry.type} ${eventId} by ${entry.author}`,
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

/** Of an entry of the registry, as people name it. */
const NUMBER = /^[1-9][0-9]{0,8}$/;

/** The id in the leaf: of an entry of the registry, that of its number. */
async function leafIdOf(kind: ProvableKind, id: string): Promise<string> {
  if (kind !== 'registry' || !NUMBER.test(id)) return id;
  const { registryEntryId } = await import('#tlog');
  return registryEntryId(Number(id));
}

type Comparison =
  | { readonly compared: true; readonly at: string; readonly sha256: string }
  | { readonly compared: false; readonly reason: string };

/** The log has a digest; whoever signed has the bytes. @throws HubError `PROOF_DISAGREES` */
async function compareBytes(network: Network, { entry }: CheckedProof): Promise<Comparison> {
  const { kind, sha256: logged } = entry;
  if (kind === 'decision') return { compared: false, reason: 'a decision is archived by the auditor' };
  try {
    const { bytes, at } = await findBytes(network, entry);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 === logged) return { compared: true, at, sha256 };
    throw new HubError('PROOF_DISAGREES', `${at} holds bytes with digest ${sha256}, the log has ${logged}`);
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'PROOF_DISAGREES') throw error;
    return { compared: false, reason: error.code };
  }
}

interface FoundBytes {
  readonly bytes: Buffer;
  readonly at: string;
}

function findBytes(network: Network, entry: CheckedProof['entry']): Promise<FoundBytes> {
  switch (entry.kind) {
    case 'action':
    case 'access':
      return findAction(network, entry);
    case 'registry':
      return findRegistryEntry(network, entry);
    default:
      return findEvent(network, entry.eventId, undefined);
  }
}

async function findRegistryEntry(
  { registry }: Network,
  { position }: CheckedProof['entry'],
): Promise<FoundBytes> {
  const bytes = await clientOf(registry).bytes(`/v1/entries/${position ?? 0}`);
  return { bytes, at: registry.name };
}

/** The signed item of an action, from the node at which it was done. */
async function findAction(network: Network, { author, eventId }: CheckedProof['entry']): Promise<FoundBytes> {
  const node = everyNode(network).find(({ name }) => name === author);
  if (node === undefined) throw new HubError('NODE_UNKNOWN', `no node of this network is named ${author}`);
  const { item } = await clientOf(node).get(`/v1/actions/${eventId}`, z.looseObject({ item: z.string() }));
  return { bytes: Buffer.from(item, 'base64'), at: author };
}
