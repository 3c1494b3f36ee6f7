import type { Command } from 'commander';
import { z } from 'zod';
import { ERROR_POLICIES, isErrorCode } from '#errors';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import type { Answer } from '../output/answer.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';
import { awaitReconciliation } from '../reconcile/await-reconciliation.ts';
import { ordered, type Difference, type Reconciliation } from '../reconcile/reconciliation-shapes.ts';
import { Progress } from '../up/progress.ts';
import { reconcileVerify } from './reconcile-verify.ts';

const moment = z.iso.datetime({ offset: true, message: 'is a time such as 2026-01-15T10:00:00Z' });
const options = z.object({
  between: z
    .array(text, 'names two authorities: --between c_d150 p_cr')
    .length(2, 'names two authorities: --between c_d150 p_cr'),
  from: moment.optional(),
  to: moment.optional(),
  out: text.optional(),
  wait: z.coerce.number().min(1).max(3_600).default(600),
  idempotencyKey: text.optional(),
});

/** Differences that are listed for people; `--json` has up to 500. */
const SHOWN = 20;

/** `reconcile`: two authorities compare what they hold of their exchange, and heal what differs. */
export function reconcile(tell: Tell): Command {
  return leaf('reconcile', {
    description:
      'Let two authorities compare what they hold of their exchange by digest, heal what differs by replay, and give both signatures as a certificate',
    examples: [
      'reconcile --between c_d150 p_cr',
      'reconcile --between c_d150 p_cr --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z --out january.xml',
      'reconcile verify january.xml',
    ],
  })
    .enablePositionalOptions()
    .option('--between <ipa...>', 'the two authorities; the first one is asked to compare')
    .option('--from <time>', 'events that the router placed from then on; from the beginning when absent')
    .option('--to <time>', '… and before then; up to a minute ago when absent')
    .option('--out <file>', 'where to write the certificate')
    .option('--wait <seconds>', 'how long to watch; the comparison goes on without you', '600')
    .option('--idempotency-key <key>', 'the same key orders it only once')
    .addCommand(reconcileVerify(tell))
    .action(
      answering(options, tell, async ({ options: asked, home }) => {
        const network = await readNetwork(home);
        const [first, second] = asked.between.map((ipa) => memberAt(network, ipa).ipa);
        const client = clientOf(memberAt(network, first ?? ''));
        const wanted = { partner: second, from: asked.from, to: asked.to };
        const { id } = await client.post('/v1/reconciliations/runs', ordered, wanted, {
          idempotencyKey: asked.idempotencyKey,
        });
        const found = await watched(`${first ?? ''} and ${second ?? ''} compare`, (report) =>
          awaitReconciliation(client, id, asked.wait * 1_000, report),
        );
        const written =
          found.certificate === null || asked.out === undefined
            ? null
            : await writeOut(asked.out, await client.bytes(found.certificate));
        return answerOf(first ?? '', found, written?.out ?? null);
      }),
    );
}

async function watched<T>(title: string, work: (report: (what: string) => void) => Promise<T>): Promise<T> {
  const done: T[] = [];
  await new Progress(true).run([
    {
      title,
      run: async (report) => {
        done.push(await work(report));
      },
    },
  ]);
  return done[0] as T;
}

function answerOf(first: string, found: Reconciliation, out: string | null): Answer {
  const { partner: second, status, code, reason, events, from, to } = found;
  const counted = events.map(({ author, here, there }) => {
    const [sent, held] = author === first ? [here, there] : [there, here];
    const other = author === first ? second : first;
    return `${author} sent ${sent ?? '?'}, ${other} holds ${held ?? '?'}`;
  });
  const lines = [
    HEADLINES[status],
    ...counted,
    `placed from ${from} on and before ${to}`,
    ...(found.found === 0 ? [] : [`${found.found} differences found, ${found.healed} healed by replay`]),
    ...listed(found.differences, found.found),
    ...(code === null ? [] : [`${code}: ${reason ?? ''}`, ...remedyOf(code)]),
    ...(out === null ? [] : [`certificate: ${out}`]),
  ];
  return {
    json: { between: [first, second], ...found, out },
    text: lines.join('\n'),
    exitCode: status === 'agreed' ? 0 : 1,
  };
}

const HEADLINES: Readonly<Record<Reconciliation['status'], string>> = {
  ordered: 'ORDERED',
  running: 'RUNNING',
  agreed: 'AGREED',
  differs: 'NOT AGREED',
  failed: 'NOT COMPARED',
};

function listed(differences: readonly Difference[], found: number): string[] {
  if (differences.length === 0) return [];
  const rows = differences
    .slice(0, SHOWN)
    .map(({ kind, author, eventId, owner, practiceId, position, code }) => [
      kind,
      author,
      eventId,
      `${owner}/${practiceId} ${position}`,
      code ?? 'healed',
    ]);
  const rest = found > SHOWN ? [`and ${found - SHOWN} more`] : [];
  return ['', table(['difference', 'author', 'event', 'practice, position', 'outcome'], rows), ...rest, ''];
}

function remedyOf(code: string): string[] {
  return isErrorCode(code) ? [ERROR_POLICIES[code].remedy[languageOf(process.env)]] : [];
}
