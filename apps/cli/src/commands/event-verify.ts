import type { Command } from 'commander';
import { z } from 'zod';
import type { FileExamination } from '../audit/examine-file.ts';
import { placesIn } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import type { Answer } from '../output/answer.ts';
import { failureOf, languageOf } from '../output/failure.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { fields, table } from '../output/table.ts';

const instant = z.iso
  .datetime({ offset: true, message: 'is a time such as 2026-01-15T10:00:00Z' })
  .transform((value) => new Date(value));
const options = z.object({
  trust: text.optional(),
  crl: texts,
  at: instant.optional(),
  atTime: instant.optional(),
});

/** What verification offline can say, and what it cannot. */
const CHECKED = [
  'the signature covers every byte of the event, by the signature profile',
  'the certificate was issued by the CA, and was valid at the time of signing',
  'the signer is the author that the event names, with the role authority',
  'the event follows its XSD',
];
const REVOCATION_CHECKED = 'the issuer’s revocation list does not revoke the certificate at the time given';
const NOT_CHECKED = [
  'whether the registry lists the certificate, or has revoked it',
  'whether the author was entitled, and at which position the event stands: the router decides that',
  'whether the event is in the log: `reset-hub audit proof` says so',
];
const REVOCATION_NOT_CHECKED = 'whether the issuer has revoked the certificate: give its list with --crl';

/** `event verify`: checks a signed event with nothing but CA certificates and revocation lists. */
export function eventVerify(tell: Tell): Command {
  return leaf('verify <file>', {
    description:
      'Verify a signed event offline, step by step: signature, profile, certificate, revocation, schema',
    examples: [
      'event verify event.xml',
      'event verify event.xml --trust ca.pem --crl ca.crl.pem --at 2026-01-15T10:00:00Z',
    ],
  })
    .option(
      '--trust <pem>',
      "the CA to trust, or several in one file; that of the network's folder when absent",
    )
    .option('--crl <file>', 'a revocation list of the CA, PEM or DER; may be repeated', collect)
    .option('--at <time>', 'first proof that the event existed: revocation is judged then; now when absent')
    .option('--at-time <time>', 'the same as --at')
    .action(
      answering(options, tell, async ({ options: { trust, crl, at, atTime }, args: [path = ''], home }) => {
        const bytes = await readInput(path);
        const caFile = trust ?? placesIn(home).caCertificate;
        const ca = (await readInput(caFile)).toString();
        const crls = await Promise.all(crl.map(async (file) => ({ file, bytes: await readInput(file) })));
        const { examineFile } = await import('../audit/examine-file.ts');
        const moment = at ?? atTime ?? new Date();
        const examined = examineFile(bytes, { ca, crls, at: moment });
        return answerOf(examined, { trust: caFile, atTime: moment.toISOString() });
      }),
    );
}

interface CheckedWith {
  readonly trust: string;
  readonly atTime: string;
}

function answerOf(examined: FileExamination, checkedWith: CheckedWith): Answer {
  const { examination, steps, crls, certificate, signedAt } = examined;
  const common = { ...checkedWith, steps, crls, certificateDetails: certificate };
  const listed = table(
    ['step', 'result', 'what'],
    steps.map(({ step, result, detail }) => [step, result, detail]),
  );
  if (examination.verified === undefined) {
    const { json, text: said } = failureOf(examination.refusal, languageOf(process.env));
    return {
      json: { valid: false, error: json.error, signedAt, ...common },
      text: `NOT VALID\n${said}\n\n${listed}`,
      exitCode: 1,
    };
  }
  const { event, digest, signer, signingTime } = examination.verified;
  const isRevocationChecked = steps.some(({ step, result }) => step === 'revocation' && result === 'passed');
  const checked = isRevocationChecked ? [...CHECKED, REVOCATION_CHECKED] : CHECKED;
  const notChecked = isRevocationChecked ? NOT_CHECKED : [REVOCATION_NOT_CHECKED, ...NOT_CHECKED];
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
    ...common,
    checked,
    notChecked,
  };
  const { type, author, cui, certificate: fingerprint } = answer;
  const summary = {
    event: event.id,
    type,
    author,
    practice: cui,
    signed: answer.signedAt,
    certificate: fingerprint,
    subject: certificate?.subject ?? '',
    'first proof': checkedWith.atTime,
    sha256: digest,
  };
  const list = notChecked.map((item) => `  - ${item}`).join('\n');
  return { json: answer, text: `VALID\n${fields(summary)}\n\n${listed}\n\nnot checked:\n${list}` };
}
