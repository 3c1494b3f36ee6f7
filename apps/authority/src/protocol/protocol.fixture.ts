/** A city and its Provincia that register each other's messages, for specs. */
import type { Signer } from '#evidence';
import type { TestNetwork } from '#testing';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange } from '../exchange.fixture.ts';
import { Partner, type Filed } from '../partner.fixture.ts';
import type { EntryView } from './entry-view.ts';
import type { AnswerView, PracticeProtocol } from './show-protocol.ts';

export interface FiledHere extends Filed {
  readonly protocol: { readonly number: string; readonly register: string; readonly aoo: string };
}

/** A cancellation as an operator would ask for it. */
export const MISTAKE = {
  reason: 'registered-in-error',
  act: 'DET/2026/123',
  note: 'registrata due volte',
} as const;

export class RegisteringPair {
  readonly network: TestNetwork;
  readonly city: TestNode;
  readonly province: TestNode;
  /** The city's partner, and the Provincia's. */
  readonly office: Partner;
  readonly counter: Partner;
  readonly exchange: Exchange;

  private constructor(city: TestNode, province: TestNode, office: Partner, counter: Partner) {
    this.network = city.network;
    this.city = city;
    this.province = province;
    this.office = office;
    this.counter = counter;
    this.exchange = new Exchange(city.network, city, province);
  }

  /** Call it at the file's top level: the nodes end with the file. */
  static async start(keyOf: (right: Signer) => Signer = (right) => right): Promise<RegisteringPair> {
    const network = await realNetwork();
    const signer = keyOf(network.signerOf('c_d150'));
    const city = await TestNode.start(network, 'c_d150', { fetching: true, signer });
    const province = await TestNode.start(network, 'p_cr', { fetching: true });
    return new RegisteringPair(city, province, await Partner.of(city), await Partner.of(province));
  }

  async filed(): Promise<FiledHere> {
    const attachments = [{ name: 'più & <meno>.pdf', bytes: Buffer.from('%PDF invented') }];
    return (await this.office.filed({ attachments })) as FiledHere;
  }

  /** A filing that both have registered, the confirmation back at the city. */
  async confirmed(): Promise<{ readonly filing: FiledHere; readonly answer: AnswerView }> {
    const filing = await this.filed();
    return { filing, answer: await this.answered(filing.practiceId, filing.eventId) };
  }

  /** What the Provincia says of an event of the city, once the city has it. */
  answered(practice: string, eventId: string, kind = /^registered$|refused$/): Promise<AnswerView> {
    return until(`the province has answered for ${eventId}`, async () => {
      await this.exchange.settle();
      const { answers } = await protocolAt(this.office, practice);
      return answers.find((answer) => answer.eventId === eventId && kind.test(answer.kind));
    });
  }
}

export function eventPath({ practiceId, eventId }: Pick<Filed, 'practiceId' | 'eventId'>): string {
  return `/v1/practices/${practiceId}/events/${eventId}`;
}

export function protocolAt(partner: Partner, practice: string): Promise<PracticeProtocol> {
  return partner.get<PracticeProtocol>(`/v1/practices/${practice}/protocol`);
}

/** The first entry that a partner's body has of a practice. */
export async function entryAt(partner: Partner, practice: string): Promise<EntryView> {
  const [entry] = (await protocolAt(partner, practice)).entries;
  if (entry === undefined) throw new Error(`no entry of ${practice}`);
  return entry;
}

export async function numbersOf(node: TestNode): Promise<number[]> {
  const rows = await node.rows<{ number: string }>('select number from protocol order by number');
  return rows.map(({ number }) => Number(number));
}

export function cancel(
  partner: Partner,
  { year, number }: Pick<EntryView, 'year' | 'number'>,
  body: object,
  key?: string,
): Promise<Response> {
  return fetch(new URL(`/v1/protocol/${year}/${number}/cancellation`, partner.node.http.url), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      authorization: `Bearer ${partner.token}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
  });
}
