import type { Command } from 'commander';
import { z } from 'zod';
import { placesIn } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const instant = z.iso
  .datetime({ offset: true, message: 'is a time such as 2026-01-15T10:00:00Z' })
  .transform((value) => new Date(value));
const options = z.object({ trust: text.optional(), atTime: instant.optional() });

/** What verification offline can say, and what it cannot. */
const CHECKED = [
  'the signature covers every byte of the event, by the signature profile',
  'the certificate was issued by the CA, and was valid at the time of signing',
  'the signer is the author that the event names, with the role authority',
  'the event follows its XSD',
];
const NOT_CHECKED = [
  'whether the registry lists the certificate, or has revoked it',
  'whether the author was entitled, and at which position the event stands: the router decides that',
  'whether the event is in the log: `reset-hub audit proof` says so',
];

/** `event verify`: checks a signed event with nothing but the network's CA. */
export function eventVerify(tell: Tell): Command {
  return leaf('verify <file>', {
    description: 'Verify a signed event offline: signature, profile, certificate, schema',
    examples: [
      'event verify event.xml',
      'event verify event.xml --trust ca.pem --at-time 2026-01-15T10:00:00Z',
    ],
  })
    .option('--trust <pem>', "the CA to trust; that of the network's folder when absent")
    .option('--at-time <time>', 'when the event was first seen; now when absent')
    .action(
      answering(options, tell, async ({ options: { trust, atTime }, args: [path = ''], home }) => {
        const bytes = await readInput(path);
        const caFile = trust ?? placesIn(home).caCertificate;
        const ca = await readInput(caFile);
        const [{ verifyEvent }, { certificateTrust }] = await Promise.all([
          import('#evidence'),
          import('../audit/certificate-trust.ts'),
        ]);
        const at = atTime ?? new Date();
        const { event, digest, signer, signingTime } = verifyEvent(
          bytes,
          certificateTrust(ca.toString()),
          at,
        );
        const answer = {
          valid: true,
          event: event.id,
          type: event.type,
          author: event.author.ipa,
          cui: event.practice.cui,
          owner: event.practice.owner,
          practiceId: event.practice.uuid,
          signedAt: signingTime.toISOString(),
          certificate: signer.fingerprint,
          sha256: digest,
          trust: caFile,
          atTime: at.toISOString(),
          checked: CHECKED,
          notChecked: NOT_CHECKED,
        };
        const { type, author, cui, signedAt, certificate } = answer;
        const summary = { event: event.id, type, author, practice: cui, signed: signedAt, certificate };
        const list = (items: readonly string[]): string => items.map((item) => `  - ${item}`).join('\n');
        return {
          json: answer,
          text: `VALID\n${fields(summary)}\n\nchecked:\n${list(CHECKED)}\nnot checked:\n${list(NOT_CHECKED)}`,
        };
      }),
    );
}
