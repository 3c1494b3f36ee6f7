/** A node's inbox, for specs: practices of another authority with their decisions, as records. */
import type { PracticeRef } from '#contracts';
import type { IncomingRecord, Outcome } from '#messaging';
import { aDecision, aPractice, inboxRecord, type TestPractice } from '#testing';
import type { TestNode } from './authority.fixture.ts';
import { Partner } from './partner.fixture.ts';

export interface ParkedRow {
  readonly id: string;
  readonly code: string;
  readonly status: string;
  readonly origin: { readonly offset: string };
}

export const idOf = ({ ref }: { readonly ref: PracticeRef }): string => ref.uuid;

export class TestInbox {
  private constructor(
    readonly node: TestNode,
    readonly partner: Partner,
  ) {}

  static async of(node: TestNode): Promise<TestInbox> {
    return new TestInbox(node, await Partner.of(node));
  }

  /** A filing by Cremona with `acts` acts behind it, each decided at its position. */
  async practice(acts: number) {
    const practice = aPractice(this.node.network);
    const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    const { participants } = filing.decision;
    const decided = [filing];
    for (let position = 2; position <= acts + 1; position += 1) {
      const type = position % 2 === 0 ? 'integration.requested' : 'integration.provided';
      decided.push(
        await aDecision(await practice.actBy('c_d150', type).signed(), position, { participants }),
      );
    }
    const [first, ...others] = decided.map((one) => inboxRecord(one, this.node.ipa));
    if (first === undefined) throw new Error('no filing');
    return { practice, participants, filing, decided, first, others, records: [first, ...others] };
  }

  receive(...records: IncomingRecord[]): Promise<Outcome[]> {
    return this.node.receive.run(records);
  }

  /** Position and status of a practice's events, as a partner sees them. */
  async timeline(practice: TestPractice): Promise<string[]> {
    const { events } = await this.partner.get<{ events: { position: number; status: string }[] }>(
      `/v1/practices/${idOf(practice)}/events`,
    );
    return events.map(({ position, status }) => `${position} ${status}`);
  }

  parked(): Promise<ParkedRow[]> {
    return this.node.rows<ParkedRow>('select id, code, status, origin from quarantine order by id');
  }
}
