import type { X509Certificate } from 'node:crypto';
import { sameIpa, type IpaCode } from '#contracts';
import { HubError } from '#errors';
import { disagreement } from '#evidence';
import { callingMember } from '../documents/authorize-node.ts';
import type { NodeParts } from '../node-parts.ts';
import type { Heal, Healed } from './heal.ts';
import { neighbourOf } from './neighbours.ts';
import { readPlacements } from './placements.ts';
import type { PeerClient } from '#peers';
import type { RangeItem, RangeTree } from './range-tree.ts';
import { keepAgreedWithPartner } from './reconciliation-rows.ts';
import { requireOver, screenStatement, state } from './statements.ts';
import { holdings, StoredTree, type Range } from './stored-tree.ts';

/** What this node answers to one that compares itself with it. Everything is about the caller's own exchange with it. */
export class AnswerPartner {
  readonly #parts: NodeParts;
  readonly #client: Pick<PeerClient, 'get' | 'put'>;
  readonly #heal: Heal;

  constructor(parts: NodeParts, client: Pick<PeerClient, 'get' | 'put'>, heal: Heal) {
    this.#parts = parts;
    this.#client = client;
    this.#heal = heal;
  }

  /**
   * This node's statement in return for the caller's. If they agree, both are kept.
   * @throws HubError `PEER_NOT_RECOGNISED`, those of `screenStatement`
   */
  async statement(
    caller: X509Certificate,
    bytes: Buffer,
  ): Promise<{ readonly agreed: boolean; readonly statement: Buffer }> {
    const { ipa, work, clock, ids } = this.#parts;
    const partner = callingMember(this.#parts, caller);
    const now = clock.now();
    const theirs = screenStatement(bytes, partner, this.#parts, now);
    await readPlacements(work);
    const held = await holdings(work, [ipa, partner], theirs.statement);
    const ours = await state(this.#parts, partner, theirs.statement, held, now);
    const agreed = disagreement(ours.statement, theirs.statement) === null;
    if (agreed)
      await work.run((tx) => keepAgreedWithPartner(tx, { id: ids.uuidv7(), partner, ours, theirs, at: now }));
    return { agreed, statement: ours.bytes };
  }

  /** This node's tree of one author's events. @throws HubError `PEER_NOT_RECOGNISED`, `RECONCILIATION_RANGE_INVALID` */
  tree(caller: X509Certificate, range: Range, author: IpaCode): RangeTree {
    const partner = callingMember(this.#parts, caller);
    const { ipa, work, clock } = this.#parts;
    requireOver(range, clock.now());
    if (!sameIpa(author, ipa) && !sameIpa(author, partner))
      throw new HubError(
        'RECONCILIATION_RANGE_INVALID',
        `events of ${author} are not compared between ${partner} and ${ipa}`,
      );
    return new StoredTree(work, [ipa, partner], range, author);
  }

  /**
   * Fetches from the caller what this node lacks.
   * @throws HubError `PEER_NOT_RECOGNISED`, `RECONCILIATION_PARTNER_UNKNOWN`, `PEER_AWAY`
   */
  async missing(caller: X509Certificate, items: readonly RangeItem[]): Promise<Healed[]> {
    const partner = callingMember(this.#parts, caller);
    const neighbour = neighbourOf(this.#parts, partner);
    return this.#heal.run(items, { client: this.#client, neighbour });
  }
}
