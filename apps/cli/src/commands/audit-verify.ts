import type { Command } from 'commander';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { AuditReport } from '#audit';
import type { TrustPolicy } from '#tlog';
import { fingerprint } from '../audit/copy-options.ts';
import { judged } from '../audit/judged.ts';
import { policyOf } from '../audit/log-policy.ts';
import { resolvePath } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import type { Answer } from '../output/answer.ts';
import { languageOf } from '../output/failure.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { writeOut } from '../output/write-out.ts';

const options = z
  .object({
    vkey: text.optional(),
    witness: texts,
    policy: text.optional(),
    quorum: z.coerce.number().int().min(0).optional(),
    root: fingerprint.optional(),
    checkpoint: texts,
    unsealed: z.boolean().default(false),
    state: text.optional(),
    report: text.optional(),
  })
  .refine(({ vkey, policy }) => (vkey === undefined) !== (policy === undefined), {
    message: 'either the log’s key, or a policy file that has it',
    path: ['vkey'],
  })
  .refine(
    ({ witness, quorum, policy }) => policy === undefined || (witness.length === 0 && quorum === undefined),
    {
      message: 'a policy file names witnesses and quorum itself',
      path: ['policy'],
    },
  );

type Options = z.output<typeof options>;

/** `audit verify`: is a copy of the log what the log has signed for? Offline, with nothing but public keys. */
export function auditVerify(tell: Tell): Command {
  return leaf('verify <dir-or-file>', {
    description:
      'Verify a copy of the log, or a container of evidence, offline: tree, signatures, cosignatures, documents. 0 all right, 1 findings, 2 cannot be judged',
    examples: [
      'audit verify export --vkey log.example/one+1a2b3c4d+AQ… --root 0a1b…',
      'audit verify pratica.zip --policy witnesses.policy --root 0a1b…',
      'audit verify export --policy witnesses.policy --root 0a1b… --report report.json',
      'audit verify export --vkey … --witness … --witness … --quorum 2 --checkpoint seen-in-march',
    ],
  })
    .option('--vkey <vkey>', 'the log’s verification key')
    .option('--witness <vkey>', 'a witness’s key; may be repeated', collect)
    .option('--quorum <n>', 'how many of the witnesses have to have cosigned; more than half when absent')
    .option('--policy <file>', 'in place of these: log, witnesses and quorum (c2sp.org/tlog-policy)')
    .option(
      '--root <fingerprint>',
      'SHA-256 of the network’s root certificate; taken from the copy when absent',
    )
    .option('--unsealed', 'of a container: that it may be one without a seal, made of a copy of the log')
    .option('--checkpoint <file>', 'a checkpoint that the log has to continue; may be repeated', collect)
    .option('--state <dir>', 'where the last verified checkpoint is kept (XDG_STATE_HOME/reset-hub/audit/…)')
    .option('--report <file>', 'write the report as JSON, too')
    .action(
      answering(options, tell, async ({ options: given, args: [dir = ''] }) => {
        const policy = await policyOf(given);
        if (await isFile(resolvePath(dir))) return await ofContainer(resolvePath(dir), policy, given);
        const { reportInWords } = await import('../audit/report-words.ts');
        const { report, state } = await judged(() => verified(resolvePath(dir), policy, given));
        const file =
          given.report === undefined
            ? null
            : await writeOut(given.report, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
        return {
          json: { ...report, state, report: file },
          text: reportInWords(report, languageOf(process.env)),
          exitCode: report.verdict === 'verified' ? 0 : 1,
        };
      }),
    );
}

/** A container of evidence (`audit evidence`) is a file, a copy of the log a folder. */
async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

async function ofContainer(
  path: string,
  policy: TrustPolicy,
  { root, report, unsealed }: Options,
): Promise<Answer> {
  const { verifyEvidence } = await import('#audit');
  const { evidenceInWords } = await import('../audit/evidence-words.ts');
  const language = languageOf(process.env);
  const bar = new ProgressBar(language === 'it' ? 'file' : 'files');
  try {
    const found = await judged(() =>
      verifyEvidence(path, { root: root ?? null, policy, at: new Date(), unsealed }, (done, size) => {
        bar.show(done, size);
      }),
    );
    const file =
      report === undefined
        ? null
        : await writeOut(report, Buffer.from(`${JSON.stringify(found, null, 2)}\n`));
    return {
      json: { ...found, report: file },
      text: evidenceInWords(found, language),
      exitCode: found.valid ? 0 : 1,
    };
  } finally {
    bar.end();
  }
}

async function verified(
  folder: string,
  policy: TrustPolicy,
  { root, checkpoint, state }: Options,
): Promise<{ readonly report: AuditReport; readonly state: string }> {
  const { defaultStateFolder, onlyLog, verifyFolder } = await import('#audit');
  const stateFolder =
    state === undefined ? defaultStateFolder(onlyLog(policy), process.env) : resolvePath(state);
  const earlier = await Promise.all(checkpoint.map(async (from) => ({ from, note: await readInput(from) })));
  const isItalian = languageOf(process.env) === 'it';
  const bar = new ProgressBar(isItalian ? 'voci' : 'leaves');
  const comparing = new ProgressBar(
    isItalian ? 'voci confrontate fra loro' : 'leaves compared with each other',
  );
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  // Once: what was done is kept. A second Ctrl-C ends at once, and less was kept.
  process.once('SIGINT', stop);
  try {
    const report = await verifyFolder({
      folder,
      stateFolder,
      policy,
      earlier,
      root: root ?? null,
      now: () => new Date(),
      signal: abort.signal,
      onProgress: (done, size) => {
        bar.show(done, size);
      },
      onCompared: (done, of) => {
        comparing.show(done, of);
      },
    });
    return { report, state: stateFolder };
  } finally {
    process.off('SIGINT', stop);
    bar.end();
    comparing.end();
  }
}
