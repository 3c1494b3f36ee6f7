import { readFile, writeFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { parseIpaCode, parseSnapshot } from '#contracts';
import { findRoot, issueAuthority, issueCertificate, makeNextRoot } from '#embedded';
import { RegistryChain, rootOfTrust, type RootOfTrust } from '#registry-chain';
import { freshDatabase } from '#testing';
import { call, TestRegistry } from '../registry.fixture.ts';

const WAIT_MS = 20_000;
const C_D150 = parseIpaCode('c_d150');

const test = await TestRegistry.create(freshDatabase);

async function newRoot(): Promise<RootOfTrust> {
  const current = await findRoot(test.pkiDir, test.rootsDir, test.root.fingerprint);
  const { dir } = await makeNextRoot({ dir: test.rootsDir, current, holder: 'registry' });
  const pem = await readFile(join(dir, 'root.crt.pem'), 'utf8');
  return rootOfTrust(pem, new X509Certificate(pem).fingerprint256);
}

const area = (code: string) => () => [{ kind: 'area.published', code, bodies: [C_D150] }] as const;

async function stored(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ count: string }>('select count(*) from registry_copy');
  await client.end();
  return Number(rows[0]?.count);
}

describe('a rotation of the root', () => {
  it('is followed by running nodes, by restarted ones, and by new ones that know only the new root', async () => {
    const first = await test.start();
    const url = await freshDatabase();
    const follower = await test.view({ url });
    const next = await newRoot();
    const rotate = (to: string) => call(first, '/v1/root/rotate', { body: { to } });

    expect((await call(first, '/v1/root')).json).toEqual({
      current: test.root.fingerprint,
      ready: [next.fingerprint],
    });
    expect(await rotate('ab'.repeat(32))).toMatchObject({ status: 409, json: { code: 'ROOT_NOT_READY' } });
    const rotated = await rotate(next.fingerprint);
    expect(rotated).toMatchObject({ status: 200, json: { root: next.fingerprint } });
    expect(await rotate(next.fingerprint)).toMatchObject({ status: 409, json: { code: 'ROOT_IN_USE' } });

    // The running registry signs under the new root at once; after a restart with the same configuration too.
    await first.registry.ledger.publish(area('after-rotation'));
    await first.close();
    const again = await test.start();
    await again.registry.ledger.publish(area('after-restart'));
    const head = again.registry.ledger.head();
    expect(await follower.waitFor(head.number, WAIT_MS)).toBe(true);
    expect(follower.current()).toEqual(head);
    expect(follower.status()).toMatchObject({ alarm: null, refused: 0 });
    await follower.close();

    const restarted = await test.view({ url });
    expect(restarted.current()).toEqual(head);
    const late = await test.view({ root: next });
    expect(late.current()).toEqual(head);
    expect(late.latest().certificates()).toEqual(restarted.latest().certificates());
    expect(late.anchors).toHaveLength(2);
    const entries = await test.published('entry');
    expect(RegistryChain.replay(next, entries).head).toEqual(head);
    await again.close();
  });

  it('lets a node start from a signed snapshot, answer at once, and keep the whole chain in the end', async () => {
    const running = await test.start();
    const { bytes } = await call(running, '/v1/snapshot');
    const head = running.registry.ledger.head();
    expect(parseSnapshot(bytes).head).toEqual(head);
    const current = running.registry.ledger.root;
    const next = (await test.published('entry')).length;
    const roots = await readRoots();
    const root = roots.find(({ fingerprint }) => fingerprint === current) ?? test.root;

    const url = await freshDatabase();
    const view = await test.view({ root, snapshot: bytes, url });
    expect(view.current()).toEqual(head);
    await running.registry.ledger.publish(area('after-snapshot'));
    expect(await view.waitFor(next + 1, WAIT_MS)).toBe(true);
    await view.caughtUp();
    expect(view.status().alarm).toBeNull();
    expect(view.at(1).network).toBe('rete-di-cremona');
    await expect.poll(() => stored(url), { timeout: WAIT_MS }).toBe(next + 1);
    await view.close();
    expect((await test.view({ root, url })).current()).toEqual(running.registry.ledger.head());
    await running.close();
  });

  it('publishes an issuer of others with a member’s seal, and withdraws it', async () => {
    const running = await test.start();
    const validity = {
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
    };
    const provider = await issueAuthority(validity, 'A provider of seals');
    const subject = [{ C: ['IT'] }, { CN: ['Comune di Prova'] }];
    const seal = await issueCertificate(provider, { subject, purpose: 'signing', ...validity });
    const place = (name: string): string => join(test.home, name);
    await writeFile(place('provider.pem'), provider.certificate);
    await writeFile(place('seal.pem'), seal.certificate);
    const manifest = JSON.parse(await readFile(place('certificates.json'), 'utf8')) as object;
    const external = [{ anchor: 'provider.pem', certificates: [{ file: 'seal.pem', holder: 'c_d150' }] }];
    await writeFile(place('certificates.json'), JSON.stringify({ ...manifest, external }));

    const { json } = await call(running, '/v1/reconcile', { method: 'POST' });
    expect((json as { published: { kind: string }[] }).published.map(({ kind }) => kind)).toEqual([
      'anchor.published',
      'certificate.published',
    ]);
    const [anchor] = running.registry.ledger.current().external;
    const fingerprint = anchor?.certificate.fingerprint256.replaceAll(':', '').toLowerCase() ?? '';
    const withdrawn = await call(running, `/v1/anchors/${fingerprint}/withdraw`, {
      body: { withdrawnFrom: '2026-01-01T00:00:00.000Z' },
    });
    expect(withdrawn.status).toBe(200);
    expect((await call(running, '/v1/anchors')).json).toMatchObject({
      anchors: expect.arrayContaining([
        expect.objectContaining({ fingerprint, withdrawnFrom: '2026-01-01T00:00:00.000Z' }),
      ]) as unknown[],
    });
    expect((await call(running, '/v1/reconcile', { method: 'POST' })).json).toEqual({ published: [] });
    await running.close();
  });
});

async function readRoots(): Promise<readonly RootOfTrust[]> {
  const pem = await readFile(join(test.rootsDir, '1', 'root.crt.pem'), 'utf8');
  return [rootOfTrust(pem, new X509Certificate(pem).fingerprint256)];
}
