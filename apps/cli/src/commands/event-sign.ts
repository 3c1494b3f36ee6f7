import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const instant = z.iso
  .datetime({ offset: true, message: 'is a time such as 2026-01-15T10:00:00Z' })
  .transform((value) => new Date(value));
const options = z.object({ cert: text, key: text, at: instant.optional(), out: text.optional() });

/** `event sign`: signs an event by the profile, for the tests of those who write events themselves. */
export function eventSign(tell: Tell): Command {
  return leaf('sign <file>', {
    description: 'Sign an unsigned canonical event by the signature profile, for tests of your own software',
    examples: ['event sign event.xml --cert signing.crt.pem --key signing.key.pem --out signed.xml'],
  })
    .requiredOption('--cert <pem>', 'the signing certificate')
    .requiredOption('--key <pem>', 'its private key')
    .option('--at <time>', 'SigningTime; now when absent')
    .option('--out <file>', 'where to write the signed event; <file>.signed.xml beside it when absent')
    .action(
      answering(options, tell, async ({ options: { cert, key, at, out }, args: [path = ''] }) => {
        const [bytes, certPem, keyPem] = await Promise.all([path, cert, key].map(readInput));
        const signed = await signFile(
          bytes ?? Buffer.alloc(0),
          certPem?.toString() ?? '',
          keyPem?.toString() ?? '',
          at ?? new Date(),
        );
        const place = resolvePath(out ?? besides(path));
        await writeFile(place, signed.bytes).catch((cause: unknown) => {
          throw new HubError('FILE_UNREADABLE', `${place} cannot be written`, { cause });
        });
        const { bytes: written, ...known } = signed;
        const answer = { ...known, out: place, size: written.length };
        const warning =
          answer.signer.toLowerCase() === answer.author.toLowerCase()
            ? ''
            : `\n\nThe certificate is of ${answer.signer}: nodes refuse it for an event by ${answer.author}.`;
        const { event, author, signer, signedAt, sha256 } = answer;
        return {
          json: answer,
          text: `${fields({ event, author, signer, signed: signedAt, file: place, sha256 })}${warning}`,
        };
      }),
    );
}

/**
 * @throws HubError of `parseValidated`, `UNSIGNED_DOCUMENT_UNSUITABLE` if it is signed already or no canonical document,
 *   `NOT_CANONICAL`, `SIGNING_KEY_UNUSABLE`, `CERTIFICATE_MALFORMED`
 */
async function signFile(unsigned: Buffer, certPem: string, keyPem: string, at: Date) {
  const [{ MAX_EVENT_BYTES, parseValidated }, { pemSigner, sha256Hex, signXml, strictEngine }] =
    await Promise.all([import('#contracts'), import('#evidence')]);
  const event = parseValidated('event', unsigned);
  const signer = pemSigner(certPem, keyPem, event.author.ipa);
  const bytes = await signXml(unsigned, signer, at);
  // What comes out must be what every node takes: the whole of the strict check, canonical form included.
  strictEngine.check(bytes, MAX_EVENT_BYTES);
  return {
    bytes,
    event: event.id,
    author: event.author.ipa as string,
    signer: signer.holder,
    signedAt: at.toISOString(),
    certificate: signer.certificate.fingerprint,
    sha256: sha256Hex(bytes),
  };
}

function besides(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.signed.xml`);
}
