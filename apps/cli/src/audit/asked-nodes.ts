import { z } from 'zod';
import type { AskedNode, StatesPage } from '#audit';
import type { BodyNode } from '../network/nodes-file.ts';
import { clientOf } from '../network/nodes.ts';

/** Practices on a page. */
const PAGE = 500;

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

const pageShape = z.object({
  batch: base64.nullable(),
  items: z.array(base64),
  next: z.string().nullable(),
}) satisfies z.ZodType<StatesPage>;

const stateShape = z.object({
  item: base64,
  state: base64,
  events: z.array(
    z.object({
      position: z.int(),
      author: z.string(),
      eventId: z.string(),
      event: z.string(),
      decision: z.string().nullable(),
    }),
  ),
  more: z.boolean(),
});

/** A body's node, asked over its REST interface what it holds. What it answers is verified by whoever asked. */
export function askedNode(node: BodyNode): AskedNode {
  const client = clientOf(node);
  return {
    holder: node.ipa,
    page: (after) =>
      client.get('/v1/states', pageShape, { limit: PAGE, ...(after === null ? {} : { after }) }),
    named: (wanted) => {
      const of = wanted
        .map(({ practice, position }) => (position === null ? practice : `${practice}/${position}`))
        .join(',');
      return client.get('/v1/states', pageShape, { of });
    },
    inFull: async ({ practice, position }) => {
      const at = position === null ? {} : { position };
      const state = await client.get(`/v1/states/${practice}`, stateShape, at);
      const events = [...state.events];
      for (let { more } = state; more;) {
        const next = await client.get(`/v1/states/${practice}`, stateShape, {
          ...at,
          after: events.at(-1)?.position ?? 0,
        });
        events.push(...next.events);
        more = next.more && next.events.length > 0;
      }
      return { item: state.item, state: state.state, events };
    },
  };
}
