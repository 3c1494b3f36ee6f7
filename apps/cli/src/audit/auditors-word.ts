import { z } from 'zod';
import type { RefusedPlace } from '#audit';
import type { RestClient } from '../rest/rest-client.ts';
import { streamList } from '../streams/stream-shapes.ts';
import type { AuditorsWord } from './topics-on-broker.ts';

/** The most that the desk gives at once. */
const PAGE = 500;

const refusedPage = z.looseObject({
  entries: z.array(
    z.looseObject({
      code: z.string(),
      origin: z.looseObject({ topic: z.string(), partition: z.coerce.number(), offset: z.string() }),
    }),
  ),
  next: z.string().nullable(),
});

/** How far a running auditor has read each topic, and what it has refused. @throws HubError as `RestClient.get` */
export async function auditorsWord(auditor: RestClient): Promise<AuditorsWord> {
  const { streams } = await auditor.get('/v1/streams', streamList);
  const handled = streams.flatMap(({ places }) =>
    places.map(({ topic, partition, position }) => ({ topic, partition, offset: BigInt(position) })),
  );
  return { handled, refused: (topic) => refusedOf(auditor, topic) };
}

async function* refusedOf(auditor: RestClient, topic: string): AsyncGenerator<RefusedPlace> {
  let after: string | undefined;
  do {
    const page = await auditor.get('/v1/quarantine', refusedPage, { topic, limit: PAGE, after });
    for (const { origin, code } of page.entries)
      yield { partition: origin.partition, offset: origin.offset, code };
    after = page.next ?? undefined;
  } while (after !== undefined);
}
