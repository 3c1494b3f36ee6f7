/** Two bodies with a practice that has ended, and the two persons of one of them, for specs of retention. */
import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { topics } from '#contracts';
import { verifyAction, type Signer } from '#evidence';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { Exchange, takeOutbox } from '../exchange.fixture.ts';
import { Partner, type Filed } from '../partner.fixture.ts';
import { parsePeriods } from './periods.ts';
import type { PlanView, RequestDetail, RequestView } from './retention-shapes.ts';

export const network = await realNetwork();
const key = network.signerOf('c_d150');
/** Whether the city’s signing key is away. */
export const seal = { isAway: false };
const signer: Signer = {
  certificate: key.certificate,
  holder: key.holder,
  sign: (data) => (seal.isAway ? Promise.reject(new Error('the key is away')) : key.sign(data)),
};
const periods = parsePeriods({
  periods: [
    { procedure: 'commercio.*', keep: 'for-ever', basis: 'massimario 7.1' },
    { procedure: 'edilizia.*', part: 'owner', keep: { days: 0 }, basis: 'massimario 4.2' },
  ],
});
export let city: TestNode;
export let province: TestNode;
export let office: Partner;
export let counter: Partner;
export let archivist: Partner;
export let head: Partner;
export let exchange: Exchange;
export const PDF = Buffer.from(`%PDF-1.7 ${'AAAAAA00A00A000A '.repeat(9_000)}`);
export const APPLY = { act: 'SAB/2046/123', reason: 'elenco di scarto 3/2046' };

/** Before the tests of a file: nodes end with the file that started them, this module stays for the next. */
export async function openBodies(): Promise<void> {
  city = await TestNode.start(network, 'c_d150', { fetching: true, signer, periods });
  province = await TestNode.start(network, 'p_cr', { fetching: true });
  [office, counter] = [await Partner.of(city), await Partner.of(province)];
  [archivist, head] = [await Partner.of(city, 'retention'), await Partner.of(city, 'retention')];
  exchange = new Exchange(network, city, province);
  await city.sealing.run();
}

export const post = (
  by: Partner,
  path: string,
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
) =>
  by.call(`/v1/retention/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
export const documentsOf = async (by: Partner, practice: string) =>
  (
    await by.get<{
      documents: readonly { id: string; eventId: string; status: string; name: string | null }[];
    }>(`/v1/practices/${practice}/documents`)
  ).documents;
export const planAt = (by: Partner) => by.get<PlanView>('/v1/retention/plan');
export const shown = (id: string) => archivist.get<RequestDetail>(`/v1/retention/requests/${id}`);

/** A practice that both have with all its documents, brought to its end by the owner. */
export async function closed(): Promise<Filed> {
  const filed = await office.filed({ attachments: [{ name: 'pianta.pdf', bytes: PDF }] });
  await exchange.settle();
  const act = await office.act(filed.practiceId, { type: 'proceeding.ended', outcome: 'withdrawn' });
  expect([act.status, act.json]).toEqual([201, expect.anything()]);
  await exchange.settle();
  await until('the province has all', async () => {
    const documents = await documentsOf(counter, filed.practiceId).catch(() => []);
    return documents.length > 3 && documents.every(({ status }) => status === 'complete') ? true : undefined;
  });
  await exchange.settle();
  return filed;
}

export async function requested(): Promise<RequestView> {
  const { status, json } = await post(archivist, 'requests', APPLY);
  if (status !== 201) throw new Error(`requesting: ${status} ${JSON.stringify(json)}`);
  return json as unknown as RequestView;
}

export async function destroyed(): Promise<RequestView> {
  const request = await requested();
  expect((await post(head, `requests/${request.id}/approve`)).status).toBe(200);
  await city.destroy.run();
  return request;
}

export const filesOf = async (practice: string): Promise<string[]> =>
  (await readdir(city.home, { recursive: true })).filter((path) => path.includes(practice));

export async function actionsSent() {
  const sent = (await takeOutbox(city)).filter((record) => record.topics.includes(topics.actions));
  return sent.map(({ value }) => verifyAction(value, network.registry, network.clock.now()).action);
}
