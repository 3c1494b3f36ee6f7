import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parseIpaCode, parseSha256 } from '#contracts';
import { fingerprintOf, issueAuthority, issueCertificate } from '#embedded';
import { RegistryChain } from '#registry-chain';
import { freshDatabase } from '#testing';
import { call, TestRegistry } from './registry.fixture.ts';

const WAIT_MS = 20_000;
const C_D150 = parseIpaCode('c_d150');
const SCIA = 'procedures/edilizia.scia.yaml';

const test = await TestRegistry.create(freshDatabase);
const MEMBERS = ['c_b898', 'c_d142', 'c_d150', 'p_cr'];

async function editCatalogue(file: string, edit: (text: string) => string): Promise<void> {
  const path = join(test.home, 'catalogue', file);
  await writeFile(path, edit(await readFile(path, 'utf8')));
}

describe('the registry', () => {
  it('founds the network of its catalogue, and every node comes to the same copy of it', async () => {
    const running = await test.start();
    const head = running.registry.ledger.head();
    const [one, other] = await Promise.all([test.view(), test.view()]);
    for (const view of [one, other]) {
      expect(await view.waitFor(head.number, WAIT_MS)).toBe(true);
      expect(view.current()).toEqual(head);
    }
    expect(one.latest().network).toBe('rete-di-cremona');
    expect(one.members().map(({ ipa }) => ipa)).toEqual(MEMBERS);
    expect(one.body(C_D150)?.nodeUrl).toBe('https://localhost:5001');
    expect(
      one
        .latest()
        .procedures()
        .map(({ code }) => code),
    ).toContain('pesca.licenza');
    const signing = one.certificate(parseSha256(test.fingerprintOf('p_cr')));
    expect(signing).toMatchObject({
      holder: 'p_cr',
      role: 'authority',
      purpose: 'signing',
      revokedFrom: null,
    });
    for (const procedure of one.latest().procedures())
      for (const form of procedure.forms.slice(0, 1))
        expect(one.formSchema(form.namespace, form.root)).toBeDefined();
    await running.close();
  });

  it('publishes nothing when it starts again and nothing has changed', async () => {
    const first = await test.start();
    const head = first.registry.ledger.head();
    await first.close();
    const again = await test.start();
    expect(again.registry.ledger.head()).toEqual(head);
    expect((await call(again, '/v1/reconcile', { method: 'POST' })).json).toEqual({ published: [] });
    await again.close();
  });

  it('starts while the broker is away, serves what it has, and publishes nothing before the broker is back', async () => {
    test.brokers = ['127.0.0.1:1'];
    await test.setMembers({ c_d150: 'https://localhost:5003' });
    const away = await test.start();
    const head = away.registry.ledger.head();
    expect(await call(away, '/v1/reconcile', { method: 'POST' })).toMatchObject({
      status: 503,
      json: { code: 'NODE_CATCHING_UP' },
    });
    expect((await call(away, '/v1/head')).json).toEqual(head);
    expect((await call(away, '/health', { authorization: '' })).json).toMatchObject({
      status: 'degraded',
      checks: { recovery: { status: 'degraded', detail: 'recovering: BROKER_UNAVAILABLE' } },
    });
    await away.close();
    test.brokers = inject('kafka').brokers;

    const back = await test.start();
    expect(back.registry.ledger.head().number).toBe(head.number + 1);
    const view = await test.view();
    expect(await view.waitFor(head.number + 1, WAIT_MS)).toBe(true);
    expect(view.body(C_D150)?.nodeUrl).toBe('https://localhost:5003');
    await back.close();
  });

  it('sends a signed heartbeat as soon as it has started', async () => {
    const before = await test.published('heartbeat');
    const running = await test.start();
    await expect
      .poll(() => test.published('heartbeat'), { timeout: WAIT_MS, interval: 500 })
      .toHaveLength(before.length + 1);
    const chain = RegistryChain.replay(test.root, await test.published('entry'));
    const last = (await test.published('heartbeat')).at(-1) ?? Buffer.alloc(0);
    expect(chain.checkHeartbeat(last).head).toEqual(running.registry.ledger.head());
    await running.close();
  });

  it('publishes a node’s new address, and a procedure only under a new version', async () => {
    const running = await test.start();
    const view = await test.view();
    const { number } = running.registry.ledger.head();
    await test.setMembers({ c_d150: 'https://localhost:6001' });
    expect((await call(running, '/v1/reconcile', { method: 'POST' })).json).toEqual({
      published: [{ number: number + 1, kind: 'body.published' }],
    });

    await editCatalogue(SCIA, (text) => text.replace(/office: \S+/, 'office: EDILIZIA-2'));
    const refused = await call(running, '/v1/reconcile', { method: 'POST' });
    expect(refused).toMatchObject({ status: 409, json: { code: 'CATALOGUE_CONFLICT' } });
    await editCatalogue(SCIA, (text) => text.replace(/^version: 1$/m, 'version: 2'));
    expect((await call(running, '/v1/reconcile', { method: 'POST' })).json).toEqual({
      published: [{ number: number + 2, kind: 'procedure.published' }],
    });

    expect(await view.waitFor(number + 2, WAIT_MS)).toBe(true);
    expect(view.body(C_D150)?.nodeUrl).toBe('https://localhost:6001');
    expect(view.body(parseIpaCode('p_cr'))?.nodeUrl).toBe('https://localhost:5002');
    expect(view.procedure('edilizia.scia', 2)?.office).toBe('EDILIZIA-2');
    expect(view.at(number).latestProcedure('edilizia.scia')?.version).toBe(1);
    await running.close();
  });

  it('numbers without gaps when many publish at once', async () => {
    const running = await test.start();
    const { number } = running.registry.ledger.head();
    const areas = Array.from({ length: 8 }, (_, n) => `area-${n}`);
    const published = await Promise.all(
      areas.map((code) =>
        running.registry.ledger.publish(() => [{ kind: 'area.published', code, bodies: [C_D150] }]),
      ),
    );
    const numbers = published.flat().map((entry) => entry.number);
    expect(numbers.sort((a, b) => a - b)).toEqual(areas.map((_, n) => number + 1 + n));
    await running.close();
  });

  it('leaves no trace of a publication that fails', async () => {
    const running = await test.start();
    const { ledger } = running.registry;
    const head = ledger.head();
    const failing = ledger.publish(() => [
      { kind: 'area.published', code: 'good', bodies: [C_D150] },
      { kind: 'area.published', code: 'not a code!', bodies: [C_D150] },
    ]);
    await expect(failing).rejects.toMatchObject({ code: 'REGISTRY_ENTRY_REFUSED' });
    expect(ledger.head()).toEqual(head);
    expect(ledger.current().areaCodes('good')).toBeUndefined();
    const [next] = await ledger.publish(() => [{ kind: 'area.published', code: 'next', bodies: [C_D150] }]);
    expect(next?.number).toBe(head.number + 1);
    await running.close();
  });

  it('revokes a certificate once, never the one it signs with', async () => {
    const running = await test.start();
    const view = await test.view();
    const fingerprint = test.fingerprintOf('c_b898');
    const revokedFrom = '2026-05-01T00:00:00.000Z';
    const revoke = (of: string) =>
      call(running, `/v1/certificates/${of}/revoke`, { body: { revokedFrom, reason: 'key-compromise' } });

    const done = await revoke(fingerprint);
    expect(done.status).toBe(200);
    expect(await view.waitFor((done.json as { number: number }).number, WAIT_MS)).toBe(true);
    expect(view.certificate(parseSha256(fingerprint))?.revokedFrom).toBe(revokedFrom);
    expect(await revoke(fingerprint)).toMatchObject({
      status: 409,
      json: { code: 'CERTIFICATE_ALREADY_REVOKED' },
    });
    expect(await revoke('ab'.repeat(32))).toMatchObject({
      status: 404,
      json: { code: 'CERTIFICATE_NOT_LISTED' },
    });
    const own = await revoke(test.fingerprintOf('registry'));
    expect(own).toMatchObject({ status: 409, json: { code: 'CERTIFICATE_IN_USE' } });
    await running.close();
  });

  it('announces a holder’s next certificate, and shows the old one as retired once it is', async () => {
    const running = await test.start();
    const view = await test.view();
    const { ca, holders } = inject('kafka').pki;
    const authority = {
      certificate: await readFile(ca.certFile, 'utf8'),
      key: await readFile(ca.keyFile, 'utf8'),
    };
    const validity = { notBefore: new Date(Date.now() - 1_000), notAfter: new Date(Date.now() + 86_400_000) };
    const issue = async (holder: string, generation: number, by = authority) => {
      const subject = { holder, role: 'authority', purpose: 'signing', generation } as const;
      return (await issueCertificate(by, { subject, ...validity })).certificate;
    };
    const announce = (pem: string) => call(running, '/v1/certificates', { body: { pem } });
    const pem = await issue('c_d142', 2);
    const announced = await announce(pem);
    expect(announced.status).toBe(201);
    expect(await view.waitFor((announced.json as { number: number }).number, WAIT_MS)).toBe(true);
    const old = holders['c_d142']?.signing.fingerprint ?? '';
    await call(running, `/v1/certificates/${old}/revoke`, {
      body: { revokedFrom: new Date(Date.now() - 1_000).toISOString(), reason: 'superseded' },
    });
    const { json } = await call(running, '/v1/certificates');
    const keys = (json as { keys: { holder: string; purpose: string; generation: number; state: string }[] })
      .keys;
    const own = keys.filter(({ holder, purpose }) => holder === 'c_d142' && purpose === 'signing');
    expect(own).toMatchObject([
      { generation: 1, state: 'retired', fingerprint: old },
      { generation: 2, state: 'active', fingerprint: fingerprintOf(pem), daysLeft: 0, warning: 7 },
    ]);
    const { json: health } = await call(running, '/health', { authorization: '' });
    expect(health).toMatchObject({
      checks: { keys: { status: 'degraded', detail: 'c_d142 signing-g2 ends in 0 days' } },
    });
    const stranger = await issueAuthority(validity);
    for (const [bad, code] of [
      [pem, 'CERTIFICATE_NOT_NEXT'],
      [await issue('c_d142', 1), 'CERTIFICATE_NOT_NEXT'],
      [await issue('c_z999', 1), 'CERTIFICATE_NOT_NEXT'],
      [await issue('c_d142', 3, stranger), 'CERTIFICATE_UNTRUSTED'],
      ['no certificate', 'CERTIFICATE_MALFORMED'],
    ] as const)
      expect((await announce(bad)).json).toMatchObject({ code });
    await running.close();
  });

  it('gives its entries to be verified offline, byte for byte as published', async () => {
    const running = await test.start();
    const { json } = await call(running, '/v1/entries?after=0');
    const { entries, head } = json as {
      entries: { bytes: string }[];
      head: { number: number; digest: string };
    };
    const bytes = entries.map((entry) => Buffer.from(entry.bytes, 'base64'));
    expect(RegistryChain.replay(test.root, bytes).head).toEqual(head);
    await expect.poll(() => test.published('entry'), { timeout: WAIT_MS, interval: 500 }).toEqual(bytes);
    expect((await call(running, '/v1/entries/2')).bytes).toEqual(bytes[1]);
    expect((await call(running, '/v1/head')).json).toEqual(head);
    expect(await call(running, '/v1/entries/9999')).toMatchObject({
      status: 404,
      json: { code: 'REGISTRY_ENTRY_NOT_FOUND' },
    });
    await running.close();
  });

  it('is closed without a token, and closed to a reader where it writes', async () => {
    const running = await test.start();
    const { json } = await call(running, '/v1/tokens', { body: { label: 'reader', scopes: ['read'] } });
    const reader = `Bearer ${(json as { token: string }).token}`;
    for (const path of ['/v1/head', '/v1/entries', '/v1/entries/1', '/v1/forms', '/v1/certificates']) {
      expect(await call(running, path, { authorization: '' })).toMatchObject({ status: 401 });
      expect(await call(running, path, { authorization: reader })).toMatchObject({ status: 200 });
    }
    for (const path of [
      '/v1/forms',
      '/v1/reconcile',
      '/v1/certificates',
      `/v1/certificates/${'ab'.repeat(32)}/revoke`,
    ])
      expect(await call(running, path, { authorization: reader, body: {} })).toMatchObject({ status: 403 });
    expect(await call(running, '/health', { authorization: '' })).toMatchObject({ status: 200 });
    await running.close();
  });
});
