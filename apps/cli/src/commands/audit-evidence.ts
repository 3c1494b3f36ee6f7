import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeStream } from '../output/write-out.ts';
import { practiceStory } from '../practices/timeline.ts';

const options = z.object({
  out: text,
  unwitnessed: z.boolean().default(false),
  wholeRegistry: z.boolean().default(false),
  wait: z.coerce.number().min(0).max(600).default(30),
});

/** The log asks its witnesses every five seconds. */
const LOOK_MS = 1_000;
const OWNER_AND_UUID = /^([A-Za-z0-9_.-]{1,16})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** `audit evidence`: what a party gets on an access request, as one sealed file. */
export function auditEvidence(tell: Tell): Command {
  return leaf('evidence <cui>', {
    description:
      'Write a practice’s evidence into an ASiC-E container: signed events, decisions, receipts, proofs, certificates and a summary in Italian (accesso agli atti)',
    examples: [
      'audit evidence c_d150/2026/000001 --out pratica.zip',
      'audit evidence c_d150/3f2504e0-4f89-41d3-9a0c-0305e82c3301 --out pratica.zip --whole-registry',
      'audit verify pratica.zip --vkey log.example/one+1a2b3c4d+AQ… --root 0a1b…',
    ],
  })
    .requiredOption('--out <file>', 'where to write it')
    .option('--wait <seconds>', 'how long to wait until enough witnesses have cosigned the log so far', '30')
    .option('--unwitnessed', 'do not wait for witnesses')
    .option('--whole-registry', 'with the registry’s whole chain, which shows that no revocation is missing')
    .action(
      answering(options, tell, async ({ options: given, args: [name = ''], home }) => {
        const network = await readNetwork(home);
        const { owner, uuid } = await practiceNamed(network, name);
        const container = await fetched(network, { owner, uuid }, given);
        const written = await writeStream(given.out, container);
        const answer = { owner, practiceId: uuid, ...written };
        const words = {
          practice: `${owner}/${uuid}`,
          file: written.out,
          size: `${written.size} bytes`,
          sha256: written.sha256,
          verify: `reset-hub audit verify ${given.out} --vkey ${network.log.vkey} --root ${network.pki.fingerprint}`,
        };
        return { json: answer, text: `EVIDENCE\n${fields(words)}` };
      }),
    );
}

/** A CUI is looked up at the members; owner and id need nobody. */
async function practiceNamed(
  network: Network,
  name: string,
): Promise<{ readonly owner: string; readonly uuid: string }> {
  const [, owner, uuid] = OWNER_AND_UUID.exec(name) ?? [];
  if (owner !== undefined && uuid !== undefined) return { owner, uuid };
  const story = await practiceStory(network, name);
  return { owner: story.owner, uuid: story.practiceId };
}

async function fetched(
  network: Network,
  { owner, uuid }: { readonly owner: string; readonly uuid: string },
  { unwitnessed, wholeRegistry, wait }: z.output<typeof options>,
): Promise<ReadableStream<Uint8Array>> {
  const deadline = Date.now() + wait * 1_000;
  const query = {
    unwitnessed: String(unwitnessed),
    registry: wholeRegistry ? 'whole' : 'part',
  };
  for (;;) {
    try {
      const path = `/v1/practices/${encodeURIComponent(owner)}/${uuid}/evidence`;
      return await clientOf(network.auditor).stream(path, query);
    } catch (error) {
      const isEarly =
        error instanceof HubError &&
        ['LOG_NOT_WITNESSED', 'LOG_NOT_READY', 'PRACTICE_NOT_FOUND'].includes(error.code);
      if (!isEarly || Date.now() > deadline) throw error;
      await pause(LOOK_MS);
    }
  }
}
