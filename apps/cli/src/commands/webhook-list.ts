import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Service } from '../network/network-file.ts';
import { clientOf, memberAt } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { standing, waitingText, webhookView, type Webhook } from './webhook-shapes.ts';

const options = z.object({ at: text.optional() });

/** `webhook list`: the webhooks of every authority, or of one, and how they stand. */
export function webhookList(tell: Tell): Command {
  return leaf('list', {
    description: 'List the webhooks of every authority, or of one, and how they stand',
    examples: ['webhook list', 'webhook list --at c_d150 --json'],
  })
    .option('--at <ipa>', 'one authority')
    .action(
      answering(options, tell, async ({ options: { at }, home }) => {
        const network = await readNetwork(home);
        const nodes = at === undefined ? network.members : [memberAt(network, at)];
        const answers = await Promise.all(nodes.map((node) => webhooksOf(node, at !== undefined)));
        const webhooks = answers.flatMap((answer) => answer.webhooks);
        const unreachable = answers.flatMap((answer) => answer.unreachable);
        const rows = webhooks.map((webhook) => [
          webhook.at,
          webhook.id,
          webhook.label,
          standing(webhook),
          waitingText(webhook),
          webhook.url,
        ]);
        const away = unreachable.map(({ at: name, code }) => `\n${name} could not be asked: ${code}`);
        const list =
          rows.length === 0
            ? 'there are no webhooks'
            : table(['at', 'id', 'label', 'state', 'waiting', 'url'], rows);
        return { json: { webhooks, unreachable }, text: `${list}${away.join('')}` };
      }),
    );
}

interface Webhooks {
  readonly webhooks: readonly (Webhook & { readonly at: string })[];
  readonly unreachable: readonly { readonly at: string; readonly code: string }[];
}

async function webhooksOf(node: Service, mustAnswer: boolean): Promise<Webhooks> {
  try {
    const answer = await clientOf(node).get('/v1/webhooks', z.object({ webhooks: z.array(webhookView) }));
    const webhooks = answer.webhooks.map((webhook) => ({ ...webhook, at: node.name }));
    return { webhooks, unreachable: [] };
  } catch (error) {
    if (mustAnswer || !(error instanceof HubError)) throw error;
    return { webhooks: [], unreachable: [{ at: node.name, code: error.code }] };
  }
}
