import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { HubError } from '#errors';
import { fingerprint } from '../audit/copy-options.ts';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { Answer } from '../output/answer.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { writeStream, type WrittenOut } from '../output/write-out.ts';
import { practiceStory } from '../practices/timeline.ts';

const options = z
  .object({
    out: text,
    unwitnessed: z.boolean().default(false),
    wholeRegistry: z.boolean().default(false),
    wait: z.coerce.number().min(0).max(600).default(30),
    in: text.optional(),
    vkey: text.optional(),
    root: fingerprint.optional(),
    cert: text.optional(),
    key: text.optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    message: 'a certificate comes with its --key',
    path: ['cert'],
  })
  .refine(({ in: copy, vkey, root, cert }) => copy !== undefined || (vkey ?? root ?? cert) === undefined, {
    message: '--vkey, --root, --cert and --key go with a copy: --in',
    path: ['in'],
  });
type Options = z.output<typeof options>;

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
      'audit evidence c_d150/2026/000001 --out pratica.zip --in export --vkey log.example/one+1a2b3c4d+AQ… --root 0a1b…',
      'audit verify pratica.zip --vkey log.example/one+1a2b3c4d+AQ… --root 0a1b…',
    ],
  })
    .requiredOption('--out <file>', 'where to write it')
    .option('--wait <seconds>', 'how long to wait until enough witnesses have cosigned the log so far', '30')
    .option('--unwitnessed', 'do not wait for witnesses')
    .option('--whole-registry', 'with the registry’s whole chain, which shows that no revocation is missing')
    .option(
      '--in <dir>',
      'make it of a copy of the log (audit export), without asking the auditor or an authority',
    )
    .option('--vkey <vkey>', 'with --in: the log’s verification key; that of the running network when absent')
    .option('--root <fingerprint>', 'with --in: SHA-256 of the network’s root certificate')
    .option(
      '--cert <file>',
      'with --in: seal it with this certificate, the auditor’s; not sealed when absent',
    )
    .option('--key <file>', 'its key')
    .action(
      answering(options, tell, async ({ options: given, args: [name = ''], home }) => {
        if (given.in !== undefined) return await ofCopy(name, { ...given, in: given.in }, home);
        const network = await readNetwork(home);
        const { owner, uuid } = await practiceNamed(network, name);
        const container = await fetched(network, { owner, uuid }, given);
        const written = await writeStream(given.out, container);
        const trust = { out: given.out, vkey: network.log.vkey, root: network.pki.fingerprint, sealed: true };
        return {
          json: { owner, practiceId: uuid, ...written },
          text: containerInWords({ owner, uuid }, written, trust),
        };
      }),
    );
}

/** Of a copy: what there is in it, and what is missing in words. */
async function ofCopy(name: string, given: Options & { readonly in: string }, home: string): Promise<Answer> {
  const { evidenceOfCopy } = await import('../audit/evidence-of-copy.ts');
  const { missingInWords } = await import('../audit/evidence-words.ts');
  const { practice, written, missing, vkey, root } = await evidenceOfCopy(name, given, home);
  const sealed = !missing.includes('seal');
  const words = containerInWords(practice, written, { out: given.out, vkey, root, sealed });
  return {
    json: { owner: practice.owner, practiceId: practice.uuid, ...written, sealed, missing },
    text: `${words}\n\n${missingInWords(missing, languageOf(process.env))}`,
  };
}

/** What was written, and how whoever is given it verifies it. */
function containerInWords(
  { owner, uuid }: { readonly owner: string; readonly uuid: string },
  { out, size, sha256 }: WrittenOut,
  by: { readonly out: string; readonly vkey: string; readonly root: string; readonly sealed: boolean },
): string {
  const words = {
    practice: `${owner}/${uuid}`,
    file: out,
    size: `${size} bytes`,
    sha256,
    verify: `reset-hub audit verify ${by.out} --vkey ${by.vkey} --root ${by.root}${by.sealed ? '' : ' --unsealed'}`,
  };
  return `EVIDENCE\n${fields(words)}`;
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
