import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, texts, collect, type Tell } from '../output/leaf.ts';
import { FROM_TEXT, webhookText, webhookWithSecret } from './webhook-shapes.ts';

const options = z.object({
  at: text,
  url: text,
  label: text,
  kind: texts,
  from: text.optional(),
  idempotencyKey: text.optional(),
});

/** `webhook create`: has the feed of an authority pushed to a URL. The secret is shown once. */
export function webhookCreate(tell: Tell): Command {
  return leaf('create', {
    description: 'Have the feed of an authority pushed to a URL, signed; the secret is shown this once',
    examples: [
      'webhook create --at c_d150 --url https://protocollo.example/hub --label protocollo',
      'webhook create --at c_d150 --url https://suap.example/hub --label SUAP --kind event --from 2026-03-04',
    ],
  })
    .requiredOption('--at <ipa>', 'the authority')
    .requiredOption('--url <url>', 'https, at a public address unless the node allows others')
    .requiredOption('--label <text>', 'the system that receives')
    .option(
      '--kind <kind>',
      'event, receipt, documents-complete or parked; may be repeated; all when absent',
      collect,
    )
    .option('--from <place>', `${FROM_TEXT}; now when absent`)
    .option('--idempotency-key <key>', 'the same key with the same content makes only one')
    .action(
      answering(options, tell, async ({ options: { at, url, label, kind, from, idempotencyKey }, home }) => {
        const client = clientOf(memberAt(await readNetwork(home), at));
        const body = {
          url,
          label,
          ...(kind.length === 0 ? {} : { kinds: kind }),
          ...(from === undefined ? {} : { from }),
        };
        const created = await client.post('/v1/webhooks', webhookWithSecret, body, { idempotencyKey });
        return {
          json: created,
          text: `secret  ${created.secret ?? '(replaced since)'}\n${webhookText(created)}`,
        };
      }),
    );
}
