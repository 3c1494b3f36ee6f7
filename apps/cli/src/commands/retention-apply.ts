import type { Command } from 'commander';
import { z } from 'zod';
import type { Answer } from '../output/answer.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import type { RestClient } from '../rest/rest-client.ts';
import {
  asPerson,
  clientFor,
  personShape,
  planShape,
  requestInWords,
  requestShape,
  type Plan,
} from './retention-shapes.ts';

const planOptions = z.object({ ...personShape, except: texts });
const applyOptions = z
  .object({
    ...planOptions.shape,
    act: text.optional(),
    reason: text.optional(),
    dryRun: z.boolean().default(false),
  })
  .superRefine(({ act, reason, dryRun }, context) => {
    for (const [name, value] of Object.entries({ act, reason }))
      if (value === undefined && !dryRun)
        context.addIssue({ code: 'custom', path: [name], message: 'only --dry-run goes without' });
  });

/** `retention plan`: what is past its retention period. */
export function retentionPlan(tell: Tell): Command {
  const command = leaf('plan', {
    description: 'What is past its retention period and could be destroyed; nothing is changed',
    examples: ['retention plan --at c_d150', 'retention plan --at c_d150 --except c_d150/2026/000001 --json'],
  });
  return asPerson(command)
    .option('--except <cui>', 'a practice that is kept all the same; may be repeated', collect)
    .action(
      answering(planOptions, tell, async ({ options, home }) =>
        planned(await planOf(await clientFor(home, options), options.except)),
      ),
    );
}

/** `retention apply`: asks that what is due be destroyed. */
export function retentionApply(tell: Tell): Command {
  const command = leaf('apply', {
    description:
      'Ask that the documents of practices past their retention period be destroyed: keys, files, and what is known of them. Another person approves (retention approve)',
    examples: [
      'retention apply --at c_d150 --dry-run',
      'retention apply --at c_d150 --act SAB/2046/123 --reason "elenco di scarto 3/2046" --token-file me.token',
    ],
  });
  return asPerson(command)
    .option('--act <reference>', 'the authorisation to dispose, e.g. SAB/2046/123; it is in the log')
    .option('--reason <text>', 'why; it stays at the node, the log has its digest. No personal data')
    .option('--except <cui>', 'a practice that is kept all the same; may be repeated', collect)
    .option('--dry-run', 'only tell what would go, as retention plan')
    .option('--idempotency-key <key>', 'the same key does it only once')
    .action(
      answering(applyOptions, tell, async ({ options, home }) => {
        const { act, reason, except, dryRun, at, idempotencyKey } = options;
        const client = await clientFor(home, options);
        if (dryRun) return planned(await planOf(client, except));
        const body = { act, reason, except };
        const request = await client.post('/v1/retention/requests', requestShape, body, { idempotencyKey });
        const next = `Nothing is destroyed yet. Another person: reset-hub retention approve ${request.id} --at ${at} --token-file FILE`;
        return { json: request, text: `${requestInWords(request)}\n\n${next}` };
      }),
    );
}

async function planOf(client: RestClient, except: readonly string[]): Promise<Plan> {
  const query = except.map((cui) => `except=${encodeURIComponent(cui)}`).join('&');
  return client.get(`/v1/retention/plan${query === '' ? '' : `?${query}`}`, planShape);
}

function planned(plan: Plan): Answer {
  return { json: plan, text: planInWords(plan) };
}

function planInWords({ periods, sealed, practices, documents, bytes, more, due }: Plan): string {
  if (periods === null) return 'no retention periods are configured (RETENTION_FILE): everything is kept';
  const rows = due.map((one) => [
    one.cui,
    one.procedure,
    one.closedAt,
    one.dueSince,
    String(one.documents),
    String(one.bytes),
    one.basis,
  ]);
  const heading = ['practice', 'procedure', 'closed', 'due since', 'documents', 'bytes', 'basis'];
  return [
    `due: ${documents} documents of ${practices} practices, ${bytes} bytes`,
    ...(more ? ['there are more: they are for the next request'] : []),
    ...(sealed
      ? []
      : ['the store is not all sealed yet: nothing can be destroyed before (status, document-keys)']),
    ...(practices === 0 ? [] : ['', table(heading, rows)]),
  ].join('\n');
}
