import { HubError } from '#errors';
import { PeerClient, type Neighbour } from '#peers';
import { backoff } from '#platform';
import { parseWitnessVkey, type NoteVerifier } from '#tlog';
import { keepContradiction, type Contradiction } from './contradictions.ts';
import { examineWitness } from './examine-witness.ts';
import { learnKey } from './learn-key.ts';
import { submitCheckpoint, type Showing, type Submitted } from './submit-checkpoint.ts';
import type { WitnessParts } from './witness-parts.ts';
import { keepCosignature, noteFailure, noteWitnessSize, type WitnessRow } from './witness-rows.ts';
import { required } from './witnesses-config.ts';

/** Of one witness, everything: connecting, the key, the cosignature. Milliseconds for each request. */
const ANSWER_MS = 5_000;
/** A witness that is away is asked again after the pace, then less and less often, up to this. */
export const MAX_REST_MS = 600_000;

/** Has one witness cosign one checkpoint, and keeps what came of it. */
export class AskWitness {
  readonly #parts: WitnessParts;
  readonly #client: PeerClient;

  /** @throws HubError `TLS_FILE_UNREADABLE` */
  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#client = new PeerClient({
      tls: parts.tls,
      connectionsPerNeighbour: 1,
      answerTimeoutMs: parts.answerMs ?? ANSWER_MS,
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /**
   * What the witness does or says is noted, never thrown.
   * @param row what is known of it
   * @throws HubError `DATABASE_UNAVAILABLE` and the like; the signal's reason
   */
  async run(
    neighbour: Neighbour,
    row: WitnessRow | undefined,
    showing: Showing,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#run(neighbour, row, showing, signal);
    } catch (error) {
      if (!(error instanceof HubError) || !isOfTheWitness(error)) throw error;
      await this.#failed(neighbour.holder, error, row?.failures ?? 0);
    }
  }

  /**
   * Compares what a witness has with this database, and keeps a contradiction.
   * @returns the size that it has cosigned last; null if none
   * @throws HubError as `examineWitness`
   */
  async examine(neighbour: Neighbour, signal?: AbortSignal): Promise<number | null> {
    const { size, contradiction } = await examineWitness(
      { ...this.#parts, client: this.#client },
      neighbour,
      signal,
    );
    if (contradiction !== null) await this.#contradicted(contradiction);
    return size;
  }

  async #run(
    neighbour: Neighbour,
    row: WitnessRow | undefined,
    showing: Showing,
    signal: AbortSignal,
  ): Promise<void> {
    const { size } = showing.checkpoint;
    let verifier =
      row === undefined || row.vkey === null
        ? await this.#learn(neighbour, signal)
        : parseWitnessVkey(row.vkey);
    let from = Math.min(row?.cosignedSize ?? 0, size);
    // From where it really stands, and with the key that it really has: each can be learnt once.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const submitted = await this.#submit(neighbour, { showing, from, verifier }, signal);
      if (submitted === 'other-key') verifier = await this.#learn(neighbour, signal);
      else if (submitted.outcome === 'elsewhere') from = submitted.size;
      else {
        await this.#conclude(neighbour, submitted, { showing, verifier }, signal);
        return;
      }
    }
    throw new HubError('PEER_ANSWER_INVALID', `${neighbour.holder} does not know where it stands`, {
      details: { holder: neighbour.holder },
    });
  }

  async #submit(
    neighbour: Neighbour,
    what: { readonly showing: Showing; readonly from: number; readonly verifier: NoteVerifier },
    signal: AbortSignal,
  ): Promise<Submitted | 'other-key'> {
    try {
      return await submitCheckpoint(this.#client, neighbour, { ...what, log: this.#parts.log }, signal);
    } catch (error) {
      if (error instanceof HubError && error.code === 'LOG_KEY_UNKNOWN') return 'other-key';
      throw error;
    }
  }

  async #conclude(
    neighbour: Neighbour,
    submitted: Exclude<Submitted, { outcome: 'elsewhere' }>,
    { showing, verifier }: { readonly showing: Showing; readonly verifier: NoteVerifier },
    signal: AbortSignal,
  ): Promise<void> {
    const { holder } = neighbour;
    const { work, clock } = this.#parts;
    if (submitted.outcome === 'refused') {
      const stands = await this.examine(neighbour, signal);
      // It has a beginning of this very log: then it is the witness that is in error, or was asked from elsewhere.
      if (stands !== null) await work.run((tx) => noteWitnessSize(tx, holder, stands));
      throw submitted.error;
    }
    const { time, line } = submitted;
    const cosignature = { holder, vkey: verifier.vkey, size: showing.checkpoint.size, time, line };
    const quorum = this.#quorum();
    await work.run((tx) => keepCosignature(tx, cosignature, { ...quorum, now: clock.now() }));
  }

  #quorum(): { readonly counted: readonly string[]; readonly enough: number } {
    const { registry, settings } = this.#parts;
    const counted = registry.members().map(({ ipa }) => ipa as string);
    return { counted, enough: required(settings.quorum, counted.length) };
  }

  #learn(neighbour: Neighbour, signal: AbortSignal): Promise<NoteVerifier> {
    return learnKey({ ...this.#parts, client: this.#client }, neighbour, signal);
  }

  async #contradicted(contradiction: Contradiction): Promise<void> {
    const { work, clock, ids, logger } = this.#parts;
    const isNew = await work.run((tx) =>
      keepContradiction(tx, contradiction, { id: ids.uuidv7(), now: clock.now() }),
    );
    const { holder, code, theirs, ours } = contradiction;
    if (isNew) {
      logger.error(
        { code, witness: holder, theirs: theirs.size, ours: ours.size },
        'a witness has what this log has signed and does not have: the log stops',
      );
    }
  }

  async #failed(holder: string, error: HubError, failures: number): Promise<void> {
    const { work, clock, settings, logger } = this.#parts;
    const now = clock.now();
    const { code } = error.details as { readonly code?: unknown };
    const rest = backoff(failures, { baseMs: settings.paceMs, maxMs: MAX_REST_MS });
    await work.run((tx) =>
      noteFailure(tx, holder, {
        code: typeof code === 'string' ? code : error.code,
        now,
        nextAt: new Date(now.getTime() + rest),
      }),
    );
    if (failures === 0) logger.warn({ err: error, witness: holder }, 'a witness did not cosign');
  }
}

/** What a witness can be to blame for; a database of ours that is away is none of it. */
function isOfTheWitness({ code }: HubError): boolean {
  return code.startsWith('PEER_') || code.startsWith('LOG_') || code === 'BASE64_NOT_STRICT';
}
