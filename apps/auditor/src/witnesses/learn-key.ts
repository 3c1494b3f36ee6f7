import { HubError } from '#errors';
import { verifyAction, type TrustView } from '#evidence';
import type { Neighbour, PeerClient } from '#peers';
import type { UnitOfWork } from '#persistence';
import type { Clock } from '#platform';
import { parseWitnessVkey, type NoteVerifier } from '#tlog';
import { z } from 'zod';
import { keepWitnessKey } from './witness-rows.ts';

const answer = z.object({ vkey: z.string().max(400), statement: z.base64().max(200_000) });

export interface LearnKeyParts {
  readonly work: UnitOfWork;
  readonly client: Pick<PeerClient, 'get'>;
  readonly registry: TrustView;
  readonly clock: Clock;
}

/**
 * Asks a member which key it cosigns with. What counts is the statement under its seal, as the registry knows the seal.
 * @throws HubError `PEER_AWAY`, `PEER_REFUSED` (a node that is no witness says so), `PEER_ANSWER_INVALID`
 */
export async function learnKey(
  { work, client, registry, clock }: LearnKeyParts,
  neighbour: Neighbour,
  signal?: AbortSignal,
): Promise<NoteVerifier> {
  const { holder } = neighbour;
  const said = answer.safeParse(await client.get(neighbour, 'witness/key', signal));
  if (!said.success) throw invalid(holder, 'in no form that is known here', said.error);
  const statement = Buffer.from(said.data.statement, 'base64');
  const now = clock.now();
  const verifier = verified(holder, said.data.vkey, statement, registry, now);
  const isKept = await work.run((tx) => keepWitnessKey(tx, holder, { verifier, statement, now }));
  if (isKept) return verifier;
  throw invalid(holder, 'with a key that another witness has shown as its own');
}

function verified(
  holder: string,
  vkey: string,
  statement: Buffer,
  registry: TrustView,
  now: Date,
): NoteVerifier {
  try {
    const { action } = verifyAction(statement, registry, now);
    const stated = action.details.find(({ name }) => name === 'vkey')?.value;
    if (action.kind === 'witness.key-published' && action.node === holder && stated === vkey) {
      return parseWitnessVkey(vkey);
    }
  } catch (error) {
    // The certificate may be on its way to this copy of the registry.
    if (!(error instanceof HubError)) throw error;
    throw invalid(holder, `with a key that its seal does not vouch for: ${error.code}`, error);
  }
  throw invalid(holder, 'with a statement about something else than its key');
}

function invalid(holder: string, how: string, cause?: unknown): HubError {
  return new HubError('PEER_ANSWER_INVALID', `${holder} answered ${how}`, { cause, details: { holder } });
}
