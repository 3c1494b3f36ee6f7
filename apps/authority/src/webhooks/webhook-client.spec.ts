import { afterAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueCertificate } from '#embedded';
import { Receiver } from './receiver.fixture.ts';
import { WebhookClient, type Address, type ClientSettings } from './webhook-client.ts';

const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-01-01T00:00:00Z') };
const authority = await issueAuthority(validity, 'Webhook test authority');
const { certificate, key } = await issueCertificate(authority, {
  ...validity,
  subject: [{ CN: ['partner'] }],
  purpose: 'transport',
  dnsNames: ['localhost', 'partner.example'],
});
const tls = { cert: certificate, key };
const receiver = await Receiver.listen(tls, '0.0.0.0');
const NOW = new Date('2026-03-04T09:00:00Z');

const open: WebhookClient[] = [];
afterAll(() => Promise.all(open.map((client) => client.close())));

function clientWith(settings: Partial<ClientSettings>): WebhookClient {
  const client = new WebhookClient({
    allowedAddresses: [],
    ca: Buffer.from(authority.certificate),
    ...settings,
  });
  open.push(client);
  return client;
}

function post(client: WebhookClient, url: string) {
  return client.post(url, { 'webhook-id': 'a' }, '{}', new AbortController().signal, NOW);
}

/** A resolver that gives these answers one after the other. */
function answering(...answers: readonly (readonly string[])[]) {
  const left = [...answers];
  const resolve = (): Promise<readonly Address[]> =>
    Promise.resolve(
      (left.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return { resolve, left };
}

const REFUSED = { taken: false, code: 'WEBHOOK_ADDRESS_REFUSED', status: null, retryAfterMs: null };

describe('the client of webhooks', () => {
  it.each([
    ['a loopback address', ['127.0.0.1']],
    ['an IPv4-mapped loopback address', ['::ffff:127.0.0.1']],
    ['a private address beside a public one', ['1.1.1.1', '10.1.2.3']],
    ['the address of a cloud’s metadata', ['169.254.169.254']],
  ])('does not connect to a name that leads to %s', async (_what, addresses) => {
    const before = receiver.connections;
    const client = clientWith({ resolve: answering(addresses).resolve });
    expect(await post(client, receiver.url('/', 'partner.example'))).toEqual(REFUSED);
    expect(receiver.connections).toBe(before);
  });

  it('does not follow a name whose next answer leads elsewhere: each connection goes where it was checked', async () => {
    const names = answering(['127.0.0.1'], ['127.0.0.2']);
    const client = clientWith({ allowedAddresses: ['127.0.0.1'], resolve: names.resolve });
    receiver.answer = () => ({ status: 204, headers: { connection: 'close' } });
    const url = receiver.url('/', 'partner.example');
    expect(await post(client, url)).toEqual({ taken: true, status: 204 });
    const { connections } = receiver;
    expect(await post(client, url)).toEqual(REFUSED);
    expect(names.left).toEqual([]);
    expect(receiver.connections).toBe(connections);
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::ffff:7f00:1]/',
  ])('refuses %s when it is given and when it is called', async (url) => {
    const client = clientWith({});
    expect(() => client.checkedUrl(url)).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_ADDRESS_REFUSED' }),
    );
    expect(await post(client, url)).toEqual(REFUSED);
  });

  it.each([
    'http://partner.example/',
    'ftp://partner.example',
    'partner.example',
    'https://u:p@partner.example/',
    'https://partner.example/#x',
  ])('takes %s for no address of a webhook', (url) => {
    expect(() => clientWith({}).checkedUrl(url)).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_URL_REFUSED' }),
    );
  });

  it('follows no redirect', async () => {
    receiver.answer = ({ path }) =>
      path === '/from' ? { status: 307, headers: { location: receiver.url('/to') } } : 200;
    const client = clientWith({ allowedAddresses: ['127.0.0.0/8'] });
    expect(await post(client, receiver.url('/from'))).toMatchObject({
      taken: false,
      code: 'WEBHOOK_REDIRECTED',
      status: 307,
    });
    expect(receiver.at('/to')).toEqual([]);
  });

  it('sends nothing to a server whose certificate it cannot trust, or that has another name', async () => {
    const before = receiver.received.length;
    const stranger = clientWith({ allowedAddresses: ['127.0.0.0/8'], ca: null });
    expect(await post(stranger, receiver.url())).toMatchObject({ code: 'WEBHOOK_UNREACHABLE', status: null });
    const { resolve } = answering(['127.0.0.1']);
    const client = clientWith({ allowedAddresses: ['127.0.0.0/8'], resolve });
    expect(await post(client, receiver.url('/', 'other.example'))).toMatchObject({
      code: 'WEBHOOK_UNREACHABLE',
    });
    expect(receiver.received.length).toBe(before);
  });

  it('gives up a receiver that never answers, and says so', async () => {
    receiver.answer = () => 'never';
    const client = clientWith({ allowedAddresses: ['127.0.0.0/8'], answerTimeoutMs: 100 });
    expect(await post(client, receiver.url())).toMatchObject({ code: 'WEBHOOK_TIMEOUT', status: null });
  });
});
