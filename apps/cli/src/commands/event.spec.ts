import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { anEvent, aNetwork, type SignedEvent, type TestNetwork } from '#testing';
import { cli, homeWith, StandIn } from '../cli.fixture.ts';

let network: TestNetwork;
let signed: SignedEvent;
let home: string;
beforeAll(async () => {
  network = await aNetwork().founded();
  signed = await anEvent(network).signed();
  home = await homeWith({});
  await writeFile(join(home, 'pki', 'ca.crt.pem'), caOf(network));
});

function caOf({ root }: TestNetwork): string {
  return root.trust.anchors[0]?.toString() ?? '';
}

async function verify(bytes: Buffer, ...options: string[]): ReturnType<typeof cli> {
  const file = join(home, 'event.xml');
  await writeFile(file, bytes);
  const at = network.clock.now().toISOString();
  return await cli(['event', 'verify', file, '--at-time', at, '--json', '--home', home, ...options]);
}

describe('event verify', { timeout: 30_000 }, () => {
  it("accepts an event with nothing but the network's CA, and says what it did not check", async () => {
    const { code, out } = await verify(signed.bytes);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      valid: true,
      event: signed.event.id,
      author: 'c_d150',
      sha256: signed.digest,
      notChecked: expect.arrayContaining([expect.stringContaining('revoked')]) as string[],
    });
  });

  it('refuses altered bytes, an event by another than its author, and one under another CA, each by its code', async () => {
    const tampered = await anEvent(network).tampered().signed();
    const foreign = await anEvent(network).signedBy('p_cr').signed();
    const otherCa = join(home, 'other.pem');
    await writeFile(otherCa, caOf(await aNetwork().founded()));
    const cases = [
      { ran: await verify(tampered.bytes), code: 'REFERENCE_DIGEST_MISMATCH' },
      { ran: await verify(foreign.bytes), code: 'CERTIFICATE_NOT_OF_AUTHOR' },
      { ran: await verify(signed.bytes, '--trust', otherCa), code: 'CERTIFICATE_UNTRUSTED' },
    ];
    for (const { ran, code } of cases) {
      expect(ran.code).toBe(1);
      expect(JSON.parse(ran.out)).toMatchObject({ error: { code } });
    }
  });

  it('takes a time that is none, and a file that is not there, for wrong usage', async () => {
    expect((await verify(signed.bytes, '--at-time', 'yesterday')).code).toBe(2);
    expect((await verify(signed.bytes, '--trust', '/no/such.pem')).code).toBe(2);
  });
});

describe('event get', { timeout: 30_000 }, () => {
  const servers: StandIn[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('writes the very bytes that a node holds of an act found in its feed', async () => {
    const { id, practice } = signed.event;
    const summary = {
      cui: practice.cui,
      practiceId: practice.uuid,
      owner: practice.owner,
      procedure: 'p',
      state: 's',
      eventId: '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6079',
      part: 'owner',
      filedAt: signed.event.time,
      position: 1,
    };
    const event = {
      eventId: id,
      author: 'c_d150',
      type: 'x',
      position: 1,
      status: 'accepted',
      outOfFlow: false,
      at: signed.event.time,
    };
    const node = await new StandIn(({ path }) => {
      if (path === '/v1/practices') return { json: { practices: [summary], next: null } };
      if (path === '/v1/feed')
        return {
          json: {
            items: [{ kind: 'event', owner: practice.owner, uuid: practice.uuid, eventId: id }],
            next: 'n',
          },
        };
      if (path.endsWith(`/events/${id}`)) return { bytes: signed.bytes };
      return {
        json: {
          ...summary,
          events: [event],
          participants: [],
          tasks: [],
          documents: { total: 0, complete: 0 },
        },
      };
    }).listen();
    servers.push(node);
    const there = await homeWith({ c_d150: node.url });
    const out = join(there, 'out.xml');
    const ran = await cli(['event', 'get', id, '--out', out, '--json', '--home', there]);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ eventId: id, at: 'c_d150', out, sha256: signed.digest });
    expect(await readFile(out)).toEqual(signed.bytes);
    const unknown = await cli([
      'event',
      'get',
      summary.eventId,
      '--out',
      out,
      '--at',
      'c_d150',
      '--json',
      '--home',
      there,
    ]);
    expect(unknown.code).toBe(1);
    expect(JSON.parse(unknown.out)).toMatchObject({ error: { code: 'EVENT_NOT_FOUND' } });
  });
});
