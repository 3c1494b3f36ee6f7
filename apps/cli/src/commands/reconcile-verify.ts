import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HubError } from '#errors';
import type { VerifiedReconciliation } from '#evidence';
import { placesIn } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import type { Answer } from '../output/answer.ts';
import { failureOf, languageOf } from '../output/failure.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const instant = z.iso
  .datetime({ offset: true, message: 'is a time such as 2026-01-15T10:00:00Z' })
  .transform((value) => new Date(value));
const options = z.object({ trust: text.optional(), crl: texts, at: instant.optional() });

const NOT_CHECKED = [
  'whether the registry lists the certificates, or has revoked them',
  'the events themselves: the certificate says how many there are and binds their digests',
];
const REVOCATION_NOT_CHECKED = 'whether the issuer has revoked a certificate: give its list with --crl';

/** `reconcile verify`: checks a certificate of reconciliation with nothing but CA certificates and revocation lists. */
export function reconcileVerify(tell: Tell): Command {
  return leaf('verify <file>', {
    description: 'Verify a certificate of reconciliation offline: both signatures, and that they agree',
    examples: ['reconcile verify january.xml', 'reconcile verify january.xml --trust ca.pem --json'],
  })
    .option(
      '--trust <pem>',
      "the CA to trust, or several in one file; that of the network's folder when absent",
    )
    .option('--crl <file>', 'a revocation list of the CA, PEM or DER; may be repeated', collect)
    .option('--at <time>', 'first proof that it existed: revocation is judged then; now when absent')
    .action(
      answering(options, tell, async ({ options: { trust, crl, at }, args: [path = ''], home }) => {
        const bytes = await readInput(path);
        const caFile = trust ?? placesIn(home).caCertificate;
        const ca = (await readInput(caFile)).toString();
        const crls = await Promise.all(crl.map(async (file) => ({ file, bytes: await readInput(file) })));
        const { verifyCertificateFile } = await import('../reconcile/verify-certificate.ts');
        const moment = at ?? new Date();
        const verdict = verifyCertificateFile(bytes, { ca, crls, at: moment });
        const checkedWith = { trust: caFile, atTime: moment.toISOString() };
        if (verdict instanceof HubError) return refused(verdict, checkedWith);
        return accepted(bytes, verdict, { ...checkedWith, revocation: crls.length > 0 });
      }),
    );
}

function refused(error: HubError, checkedWith: object): Answer {
  const { json, text: said } = failureOf(error, languageOf(process.env));
  return {
    json: { valid: false, error: json.error, ...checkedWith },
    text: `NOT VALID\n${said}`,
    exitCode: 1,
  };
}

function accepted(
  bytes: Buffer,
  statements: readonly VerifiedReconciliation[],
  { revocation, ...checkedWith }: { trust: string; atTime: string; revocation: boolean },
): Answer {
  const signed = statements.map(({ statement: { by, time }, signer, signingTime }) => ({
    by,
    time,
    signedAt: signingTime.toISOString(),
    certificate: signer.fingerprint,
  }));
  const statement = statements[0]?.statement;
  const events = (statement?.events ?? []).map(({ author, count, root }) => ({ author, count, root }));
  const notChecked = revocation ? NOT_CHECKED : [REVOCATION_NOT_CHECKED, ...NOT_CHECKED];
  const between = signed.map(({ by }) => by);
  const answer = {
    valid: true,
    between,
    from: statement?.from,
    to: statement?.to,
    events,
    signed,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...checkedWith,
    notChecked,
  };
  const lines = [
    'VALID',
    ...events.map(({ author, count }) => {
      const other = between.find((ipa) => ipa.toLowerCase() !== author.toLowerCase()) ?? '';
      return `${author} sent ${count}, ${other} holds ${count}`;
    }),
    fields({
      'placed from': statement?.from ?? '',
      'and before': statement?.to ?? '',
      ...Object.fromEntries(signed.map(({ by, signedAt }) => [`signed by ${by}`, signedAt])),
      sha256: answer.sha256,
    }),
    '',
    `not checked:\n${notChecked.map((item) => `  - ${item}`).join('\n')}`,
  ];
  return { json: answer, text: lines.join('\n') };
}
