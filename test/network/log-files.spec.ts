import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  parseVkey,
  readLogEntry,
  recomputeLog,
  verifyCheckpoint,
  VerifiedTiles,
  type LogEntry,
  type ReadLogFile,
} from '#tlog';
import { TestNetwork, type NetworkFile } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

type WithLog = NetworkFile & { readonly auditor: { readonly nodeUrl: string } };

let file: WithLog;
let node: Agent;

beforeAll(async () => {
  file = (await TestNetwork.at(inject('home')).file()) as WithLog;
  const own = (name: string): Buffer => readFileSync(join(file.pki.dir, 'p_cr', name));
  const ca = readFileSync(file.pki.ca);
  node = new Agent({ connect: { cert: own('transport.crt.pem'), key: own('transport.key.pem'), ca } });
});

afterAll(() => node.close());

/** With the Provincia's transport certificate, at the auditor's server for nodes. */
async function asMember(path: string): Promise<Buffer | undefined> {
  const { statusCode, body } = await request(`${file.auditor.nodeUrl}/log/${path}`, { dispatcher: node });
  const bytes = Buffer.from(await body.arrayBuffer());
  return statusCode === 200 ? bytes : undefined;
}

/** What the log holds, entry by entry, as an auditor reads it; every entry leads to the signed root. */
async function wholeLog(): Promise<{ readonly size: number; readonly entries: readonly LogEntry[] }> {
  const asAuditor: ReadLogFile = async (path) => {
    const headers = { authorization: `Bearer ${file.auditor.token}` };
    const answer = await fetch(`${file.auditor.url}/log/${path}`, { headers });
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  };
  const note = (await asAuditor('checkpoint')) ?? Buffer.alloc(0);
  const head = verifyCheckpoint(note, parseVkey(file.log.vkey));
  const read: LogEntry[] = [];
  for await (const { entries } of recomputeLog(head, asAuditor)) read.push(...entries.map(readLogEntry));
  return { size: head.size, entries: read };
}

/** Digests of the registry's entries, from the first. */
async function registryDigests(): Promise<readonly string[]> {
  const { url, token } = file.registry;
  const digests: string[] = [];
  for (let last = 1; last > 0;) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/v1/entries?after=${digests.length}`, { headers });
    const { entries } = (await answer.json()) as { entries: readonly { digest: string }[] };
    digests.push(...entries.map(({ digest }) => digest));
    last = entries.length;
  }
  return digests;
}

describe('the log of a running network', () => {
  it('is all that a member’s node needs to follow it: its hashes lead to the signed root', async () => {
    const note = (await asMember('checkpoint')) ?? Buffer.alloc(0);
    const head = verifyCheckpoint(note, parseVkey(file.log.vkey));
    expect(head.size).toBeGreaterThan(0);
    const tiles = await VerifiedTiles.open(head, asMember);
    expect(await tiles.consistencyProof(Math.floor(head.size / 2))).toBeInstanceOf(Array);
    expect(await asMember('tile/entries/000')).toBeUndefined();
    expect(await asMember(`tile/entries/000.p/${Math.min(head.size, 255)}`)).toBeUndefined();
  });

  it('is whole to an auditor: every entry, hashed again, leads to the signed root', async () => {
    const { size, entries } = await wholeLog();
    expect(entries).toHaveLength(size);
    const kinds = entries.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['event', 'decision', 'receipt', 'registry']));
  });

  it('has every change of the registry, once, from the first on', async () => {
    const digests = await registryDigests();
    const changes = await until('all of them are leaves', WITHIN_MS, async () => {
      const found = (await wholeLog()).entries.filter(({ kind }) => kind === 'registry');
      return found.length < digests.length ? undefined : found;
    });
    const byNumber = changes.toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0));
    expect(byNumber.map(({ position }) => position)).toEqual(byNumber.map((_, index) => index + 1));
    expect(byNumber.slice(0, digests.length).map(({ sha256 }) => sha256)).toEqual(digests);
  });

  it('lets no node in that shows no certificate of the network', async () => {
    const stranger = new Agent({ connect: { ca: readFileSync(file.pki.ca) } });
    const asking = request(`${file.auditor.nodeUrl}/log/checkpoint`, { dispatcher: stranger });
    await expect(asking).rejects.toThrow();
    await stranger.close();
  });
});
