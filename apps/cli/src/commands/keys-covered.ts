import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { coveredPage, type CoveredEvent } from '../keys/key-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

const options = z.object({ from: text.optional() });
/** The most that the router gives at once. */
const LIMIT = 500;

/** `keys covered`: the events that a retroactive revocation covers. */
export function keysCovered(tell: Tell): Command {
  return leaf('covered <fingerprint>', {
    description:
      'List the events that a certificate has signed and that were decided at or after its "revoked from"; nothing is undone',
    examples: ['keys covered 3f5a…e1 --json', 'keys covered 3f5a…e1 --from 2026-05-01T00:00:00Z'],
  })
    .option('--from <time>', 'what a revocation from this moment on would cover, ISO 8601')
    .action(
      answering(options, tell, async ({ options: { from }, args: [given = ''], home }) => {
        const fingerprint = given.replaceAll(':', '').toLowerCase();
        if (!/^[0-9a-f]{64}$/.test(fingerprint))
          throw new HubError(
            'USAGE_INVALID',
            'a fingerprint has 64 hexadecimal digits (keys list shows them)',
          );
        const router = clientOf((await readNetwork(home)).router);
        const events: CoveredEvent[] = [];
        let after: string | undefined;
        for (;;) {
          const path = `/v1/certificates/${fingerprint}/covered`;
          const {
            events: more,
            next,
            ...key
          } = await router.get(path, coveredPage, { from, after, limit: LIMIT });
          events.push(...more);
          if (next === null) return { json: { fingerprint, ...key, events }, text: coveredText(key, events) };
          after = next;
        }
      }),
    );
}

function coveredText(
  {
    holder,
    from,
    reason,
  }: { readonly holder: string; readonly from: string; readonly reason: string | null },
  events: readonly CoveredEvent[],
): string {
  const heading = `${holder}, from ${from}${reason === null ? '' : ` (${reason})`}: ${events.length} events`;
  if (events.length === 0) return heading;
  const rows = events.map(({ decidedAt, cui, position, type, eventId }) => [
    decidedAt,
    cui,
    String(position),
    type,
    eventId,
  ]);
  return `${heading}\n\n${table(['decided', 'CUI', 'position', 'type', 'event'], rows)}`;
}
