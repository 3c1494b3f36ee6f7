import type { Command } from 'commander';
import { z } from 'zod';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { asPerson, clientFor, personShape, requestInWords, requestShape } from './retention-shapes.ts';

const person = z.object(personShape);
const listOptions = z.object({ ...personShape, limit: z.coerce.number().int().min(1).max(200).default(50) });

const page = z.looseObject({ requests: z.array(requestShape), next: z.string().nullable() });
const detail = requestShape.extend({
  of: z.array(
    z.looseObject({
      cui: z.string(),
      documents: z.number(),
      bytes: z.number(),
      spared: z.boolean(),
      action: z.string().nullable(),
      basis: z.string(),
    }),
  ),
});

/** `retention list`: requests and what became of them. */
export function retentionList(tell: Tell): Command {
  const command = leaf('list', {
    description: 'Requests to destroy documents, and what became of them, newest first',
    examples: ['retention list --at c_d150', 'retention list --at c_d150 --json'],
  });
  return asPerson(command)
    .option('--limit <n>', 'at most so many', '50')
    .action(
      answering(listOptions, tell, async ({ options, home }) => {
        const client = await clientFor(home, options);
        const found = await client.get('/v1/retention/requests', page, { limit: options.limit });
        const rows = found.requests.map((one) => [
          one.id,
          one.status,
          one.requestedAt,
          one.requestedBy ?? '?',
          one.decidedBy ?? '-',
          String(one.practices),
          String(one.documents),
          one.act,
        ]);
        const heading = ['request', 'status', 'asked', 'by', 'decided by', 'practices', 'documents', 'act'];
        return { json: found, text: table(heading, rows) };
      }),
    );
}

/** `retention show`: one request with its practices. */
export function retentionShow(tell: Tell): Command {
  const command = leaf('show <id>', {
    description:
      'One request with its practices; each with its signed action once its documents are destroyed',
    examples: ['retention show 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --at c_d150'],
  });
  return asPerson(command).action(
    answering(person, tell, async ({ options, args: [id = ''], home }) => {
      const client = await clientFor(home, options);
      const request = await client.get(`/v1/retention/requests/${encodeURIComponent(id)}`, detail);
      const rows = request.of.map((one) => [
        one.cui,
        String(one.documents),
        String(one.bytes),
        one.spared ? 'spared' : (one.action ?? '-'),
        one.basis,
      ]);
      const practices = table(['practice', 'documents', 'bytes', 'action', 'basis'], rows);
      return { json: request, text: `${requestInWords(request)}\n\n${practices}` };
    }),
  );
}
