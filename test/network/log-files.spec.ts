import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseVkey, recomputeLog, verifyCheckpoint, VerifiedTiles, type ReadLogFile } from '#tlog';
import { TestNetwork, type NetworkFile } from '../support/network.ts';

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
    const asAuditor: ReadLogFile = async (path) => {
      const headers = { authorization: `Bearer ${file.auditor.token}` };
      const answer = await fetch(`${file.auditor.url}/log/${path}`, { headers });
      return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
    };
    const head = verifyCheckpoint(
      (await asAuditor('checkpoint')) ?? Buffer.alloc(0),
      parseVkey(file.log.vkey),
    );
    const kinds = new Set<unknown>();
    let leaves = 0;
    for await (const { entries } of recomputeLog(head, asAuditor)) {
      leaves += entries.length;
      for (const entry of entries) kinds.add((JSON.parse(entry.toString()) as { kind: unknown }).kind);
    }
    expect(leaves).toBe(head.size);
    expect([...kinds]).toEqual(expect.arrayContaining(['event', 'decision', 'receipt']));
  });

  it('lets no node in that shows no certificate of the network', async () => {
    const stranger = new Agent({ connect: { ca: readFileSync(file.pki.ca) } });
    const asking = request(`${file.auditor.nodeUrl}/log/checkpoint`, { dispatcher: stranger });
    await expect(asking).rejects.toThrow();
    await stranger.close();
  });
});
