import type { Command } from 'commander';
import { z } from 'zod';
import type { PracticeChoice, ReplayedPractice, ReplayOptions, ReplayProgress, ReplayReport } from '#audit';
import { copyOptionsOf } from '../audit/copy-options.ts';
import { judged } from '../audit/judged.ts';
import type { OpenCopy } from '../audit/open-copy.ts';
import { resolvePath } from '../network/home.ts';
import type { Answer } from '../output/answer.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { writeOut } from '../output/write-out.ts';

/** A day, or a moment with its zone. */
const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'a day (2026-03-31) or a time with its zone')
  .transform((given) => new Date(given).toISOString());

const options = z
  .object({
    from: moment.optional(),
    to: moment.optional(),
    at: moment.optional(),
    practice: text.optional(),
    againstNodes: z.boolean().default(false),
    nodes: text.optional(),
    vkey: text.optional(),
    root: text.optional(),
    report: text.optional(),
    temp: text.optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    message: 'the period ends before it begins',
    path: ['to'],
  })
  .refine(
    ({ at, from, to, againstNodes, nodes }) =>
      at === undefined || (from ?? to ?? nodes ?? (againstNodes || undefined)) === undefined,
    {
      message: 'a time is not a period, and nodes hold what is now: say --to for a period that ends',
      path: ['at'],
    },
  );

type Options = z.output<typeof options>;

/** `audit replay`: do decisions and states follow from the log, and do the nodes hold them? */
export function auditReplay(tell: Tell): Command {
  return leaf('replay [dir]', {
    description:
      'Decide again and rebuild every state from the log and its archive alone; 0 everything agrees, 1 findings, 2 cannot be judged',
    examples: [
      'audit replay --against-nodes',
      'audit replay export --vkey log.example/one+1a2b3c4d+AQ… --root 0a1b… --nodes nodes.json',
      'audit replay --from 2026-01-01 --to 2026-03-31 --practice c_d150/2026/000001 --against-nodes',
      'audit replay --at 2026-03-31T12:00:00Z --practice c_d150/2026/000001',
    ],
  })
    .option('--from <time>', 'judge decisions from then on; from the beginning when absent')
    .option('--to <time>', 'the states as they were then; of everything logged when absent')
    .option('--practice <cui>', 'one practice only: its CUI, its id, or <owner>/<id>')
    .option('--against-nodes', 'compare with what the running network’s authorities hold')
    .option(
      '--nodes <file>',
      'compare with what these authorities hold, wherever they run: a JSON list of ipa, url and tokenFile',
    )
    .option('--at <time>', 'show the practice, the routing rules and the trust list as they were then')
    .option('--vkey <vkey>', 'the log’s verification key; that of the running network when absent')
    .option('--root <fingerprint>', 'SHA-256 of the network’s root certificate')
    .option('--report <file>', 'write the report as JSON, too')
    .option(
      '--temp <dir>',
      'where a large log is sorted by practice; the system’s temporary folder when absent',
    )
    .action(
      answering(options, tell, async ({ options: given, args: [dir], home }) => {
        const { readPracticeChoice } = await import('#audit');
        const choice = given.practice === undefined ? undefined : readPracticeChoice(given.practice);
        return await judged(async () => {
          const { openCopy } = await import('../audit/open-copy.ts');
          const place = { home, asksNodes: given.againstNodes };
          const copy = await openCopy(dir, copyOptionsOf(given), place);
          return given.at === undefined
            ? await replayed(copy, given, choice)
            : await asItWas(copy, new Date(given.at), choice);
        });
      }),
    );
}

async function replayed(
  copy: OpenCopy,
  { from, to, againstNodes, nodes, report: file, temp }: Options,
  choice: PracticeChoice | undefined,
): Promise<Answer> {
  const { replayInWords, isWell } = await import('../audit/replay-words.ts');
  const { askedNode } = await import('../audit/asked-nodes.ts');
  const language = languageOf(process.env);
  const members = againstNodes ? (copy.network?.members ?? []) : [];
  const named = nodes === undefined ? [] : await (await import('../network/nodes-file.ts')).readNodes(nodes);
  const report = await run(copy, {
    from,
    to,
    choice,
    nodes: [...members, ...named].map(askedNode),
    ...(temp === undefined ? {} : { folder: resolvePath(temp) }),
  });
  const out =
    file === undefined ? null : await writeOut(file, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  return {
    json: { ...report, report: out },
    text: replayInWords(report, language),
    exitCode: isWell(report) ? 0 : 1,
  };
}

async function asItWas(copy: OpenCopy, at: Date, choice: PracticeChoice | undefined): Promise<Answer> {
  const { registryThen } = await import('#audit');
  const { registryInWords, stateInWords } = await import('../audit/registry-words.ts');
  const language = languageOf(process.env);
  const then = registryThen(copy.registry.atTime(at), at);
  if (choice === undefined) return { json: { registry: then }, text: registryInWords(then, language) };
  const found: ReplayedPractice[] = [];
  const report = await run(copy, { to: at.toISOString(), choice, onPractice: (one) => found.push(one) });
  const practices = found.map(({ practice, cui, state, lacking }) => ({ practice, cui, state, lacking }));
  return {
    json: { practices, findings: report.findings, registry: then },
    text: [
      ...practices.map(({ state }) => stateInWords(state, language)),
      ...(practices.length === 0 ? [stateInWords(null, language)] : []),
      ...report.findings.map(({ code, detail }) => `${code}: ${detail}`),
      registryInWords(then, language),
    ].join('\n\n'),
    exitCode: practices.some(({ state }) => state !== null) && report.found === 0 ? 0 : 1,
  };
}

type RunOptions = Omit<ReplayOptions, 'now' | 'onProgress'>;

async function run(copy: OpenCopy, options: RunOptions): Promise<ReplayReport> {
  const { replayLog } = await import('#audit');
  const language = languageOf(process.env);
  const isItalian = language === 'it';
  const bars = {
    log: new ProgressBar(isItalian ? 'voci' : 'entries'),
    practices: new ProgressBar(isItalian ? 'eventi e decisioni rifatti' : 'events and decisions replayed'),
  };
  const onProgress = ({ phase, done, of }: ReplayProgress): void => {
    if (phase !== 'nodes' && of !== null) bars[phase].show(done, of);
  };
  try {
    return await replayLog(copy, { ...options, now: () => new Date(), onProgress });
  } finally {
    for (const bar of Object.values(bars)) bar.end();
  }
}
