import { HubError } from '#errors';
import type { UnitOfWork } from '#persistence';
import { z } from 'zod';
import type { NodeParts } from '../node-parts.ts';
import type { AuditorAddress } from '../practices/get-proof.ts';

/** How long the log is waited for, milliseconds: it may be away, and exchange goes on without it. */
const TIMEOUT_MS = 5_000;

const leavesOfAuthor = z.object({ events: z.array(z.object({ eventId: z.uuid(), index: z.number() })) });

/**
 * Asks the log for this body's newest events, and answers which of them the database lacks.
 * @throws HubError `AUDITOR_UNAVAILABLE`
 */
export async function unknownToDatabase(
  { ipa, work }: Pick<NodeParts, 'ipa'> & { readonly work: UnitOfWork },
  { url, token }: AuditorAddress,
): Promise<string[]> {
  const { events } = await ask(new URL(`v1/authors/${encodeURIComponent(ipa)}/events`, `${url}/`), token);
  const ids = events.map(({ eventId }) => eventId);
  const missing = await work.run((tx) =>
    tx.query<{ id: string }>(
      `select id from unnest($2::uuid[]) as c(id)
       where not exists (select 1 from event e where e.author = $1 and e.event_id = c.id)`,
      [ipa, ids],
    ),
  );
  return missing.map(({ id }) => id);
}

async function ask(url: URL, token: string): Promise<z.output<typeof leavesOfAuthor>> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
    if (!response.ok) throw new Error(`the auditor answered ${response.status}`);
    return leavesOfAuthor.parse(await response.json());
  } catch (cause) {
    throw new HubError('AUDITOR_UNAVAILABLE', 'the log does not tell which events of this body it holds', {
      cause,
    });
  }
}
