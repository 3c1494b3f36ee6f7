import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureNetworkPki, type Holder } from './network-pki.ts';
import { promoteNextKey, stageNextKey } from './next-key.ts';

const HOLDERS: Holder[] = [{ holder: 'c_d150', role: 'authority' }];
const NOW = new Date('2026-03-01T10:00:00.000Z');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pki-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

it('stages the next generation beside the key in use, and puts it in its place: the old private key is gone', async () => {
  const before = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const of = { dir, ...HOLDERS[0]! };
  const staged = await stageNextKey(of, NOW);
  const folder = join(dir, 'c_d150');
  const oldKey = await readFile(join(folder, 'signing.key.pem'), 'utf8');
  expect(staged.generation).toBe(2);
  expect(new X509Certificate(staged.certificate).validFromDate).toEqual(NOW);
  expect((await stat(join(folder, 'signing.key.pem.next'))).mode & 0o777).toBe(0o600);
  expect((await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW })).holders['c_d150']?.signing).toEqual(
    before.holders['c_d150']?.signing,
  );
  await promoteNextKey(of, 2);
  const after = await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  expect(after.holders['c_d150']?.signing).toMatchObject({ generation: 2, fingerprint: staged.fingerprint });
  const files = await readdir(folder);
  expect(files.filter((name) => name.startsWith('signing'))).toEqual(
    expect.arrayContaining(['signing-g1.crt.pem', 'signing.crt.pem', 'signing.key.pem']),
  );
  for (const name of files) expect(await readFile(join(folder, name), 'utf8')).not.toBe(oldKey);
});

it('gives the same staged key again: a rotation that was cut off goes on', async () => {
  await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  const of = { dir, ...HOLDERS[0]! };
  const staged = await stageNextKey(of, NOW);
  const { generation, fingerprint } = staged;
  expect(await stageNextKey(of, new Date(NOW.getTime() + 60_000))).toMatchObject({ generation, fingerprint });
  await promoteNextKey(of, 2);
  expect((await stageNextKey(of, NOW)).generation).toBe(3);
});

it('refuses to promote what is not staged, and a folder that is no network’s', async () => {
  const of = { dir, ...HOLDERS[0]! };
  await expect(stageNextKey(of, NOW)).rejects.toMatchObject({ code: 'PKI_INVALID' });
  await ensureNetworkPki({ dir, holders: HOLDERS, now: NOW });
  await expect(promoteNextKey(of, 2)).rejects.toMatchObject({ code: 'PKI_INVALID' });
});
