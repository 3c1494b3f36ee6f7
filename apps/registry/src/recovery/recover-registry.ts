import { topics } from '#contracts';
import { HubError } from '#errors';
import { headerText } from '#messaging';
import { inChunks, openTail, type TailNode } from '#node';
import { savePublishedMarks } from '#persistence';
import type { Logger } from '#platform';
import type { RegistryLedger } from '../ledger/registry-ledger.ts';

/** Records looked at in one transaction; an entry with a form may have 900 KiB. */
const AT_ONCE = 32;
/** Entries that wait for one before them: more of them wait in vain. */
const MAX_AHEAD = 256;

export interface RegistryRecovery extends TailNode {
  readonly ledger: Pick<RegistryLedger, 'adopt' | 'checkHeartbeat' | 'isForeign' | 'latest'>;
  readonly logger: Logger;
  /** `registry.state` unless given. */
  readonly topic?: string;
}

/**
 * Brings a registry whose database was restored to where it was: every entry on `registry.state` that the database lacks is
 * adopted, the same signed bytes under the same number, verified as every reader verifies them. It can be cut off anywhere
 * and begun again: the mark of the topic moves last.
 */
export class RecoverRegistry {
  readonly #parts: RegistryRecovery;

  constructor(parts: RegistryRecovery) {
    this.#parts = parts;
  }

  /**
   * @throws HubError `REGISTRY_STATE_CONTRADICTED`, `REGISTRY_STATE_INCOMPLETE`, `REGISTRY_ROOT_REFUSED`; what time mends
   *   as it comes
   */
  async run(): Promise<void> {
    const { work, logger, topic = topics.registryState } = this.#parts;
    const tail = await openTail(this.#parts, topic);
    if (tail.hasHole)
      throw new HubError('REGISTRY_STATE_INCOMPLETE', `${topic} ends before the mark of this database`);
    let adopted = 0;
    let ahead: readonly Buffer[] = [];
    let heartbeat: Buffer | undefined;
    for await (const records of inChunks(tail.records, AT_ONCE)) {
      const isHeartbeat = Map.groupBy(records, (record) => headerText(record, 'hub_class') === 'heartbeat');
      heartbeat = isHeartbeat.get(true)?.at(-1)?.value ?? heartbeat;
      const entries = isHeartbeat.get(false) ?? [];
      const taken = await this.#adopt([...ahead, ...entries.map(({ value }) => value)]);
      adopted += taken.adopted;
      ahead = taken.ahead;
      if (ahead.length > MAX_AHEAD) break;
    }
    this.#checkWhole(topic, ahead);
    if (heartbeat !== undefined) this.#checkHeartbeat(heartbeat);
    await work.run((tx) => savePublishedMarks(tx, tail.end));
    if (adopted > 0)
      logger.warn({ adopted }, 'this database was restored: entries were adopted from registry.state');
  }

  async #adopt(
    published: readonly Buffer[],
  ): Promise<{ readonly adopted: number; readonly ahead: readonly Buffer[] }> {
    if (published.length === 0) return { adopted: 0, ahead: [] };
    const { entries, ahead, refused } = await contradicting(() => this.#parts.ledger.adopt(published));
    for (const error of refused)
      this.#parts.logger.error({ err: error }, 'a record on registry.state is nothing of this registry’s');
    return { adopted: entries.length, ahead };
  }

  #checkWhole(topic: string, ahead: readonly Buffer[]): void {
    const { ledger } = this.#parts;
    if (ledger.isForeign)
      throw new HubError('REGISTRY_ROOT_REFUSED', `${topic} holds a registry under another root`);
    if (ahead.length > 0)
      throw new HubError(
        'REGISTRY_STATE_INCOMPLETE',
        `${topic} holds ${ahead.length} entries that cannot follow entry ${ledger.latest?.number ?? 0}`,
      );
  }

  /** The last sign of life names the chain's head as it was: it must be on this chain, too. */
  #checkHeartbeat(bytes: Buffer): void {
    const { ledger, logger } = this.#parts;
    try {
      const head = ledger.checkHeartbeat(bytes);
      // A heartbeat does not wait for the outbox: what it names may never have left the database that was lost.
      if (head.number > (ledger.latest?.number ?? 0))
        logger.error({ head }, 'the registry had entries that it has published nowhere: they are lost');
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.code === 'REGISTRY_FORKED') throw contradiction(error);
      logger.error({ err: error }, 'a heartbeat on registry.state is nothing of this registry’s');
    }
  }
}

async function contradicting<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof HubError && error.code === 'REGISTRY_FORKED' ? contradiction(error) : error;
  }
}

function contradiction(cause: HubError): HubError {
  const { message, details } = cause;
  return new HubError('REGISTRY_STATE_CONTRADICTED', message, { cause, details });
}
