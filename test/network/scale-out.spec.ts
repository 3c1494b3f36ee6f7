import { readFileSync } from 'node:fs';
import { setTimeout as pace } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseDecision, parseSignedItem, practiceKey, stateDigest, topics } from '#contracts';
import { FurtherInstance } from '../support/further-instance.ts';
import { TestNetwork, type Filed, type NetworkFile, type RunningNode } from '../support/network.ts';
import { auditorsReader, replay } from '../support/replay.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = readFileSync('contracts/catalogue/cremona/examples/edilizia.scia.xml');
const OWNERS = ['c_d150', 'c_d142', 'c_b898'];
/** Session, lease and rebalance, on a busy machine. */

interface Held {
  readonly position: number;
  readonly stateDigest: string;
  readonly events: readonly { readonly position: number | null }[];
}

type Door = Pick<RunningNode, 'url' | 'token'>;

function ask(door: Door, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${door.token}`);
  return fetch(`${door.url}${path}`, { ...init, headers });
}

/** Between two filings: the test is about who takes over, not about how fast, milliseconds. */
const PACE_MS = 250;

/** Files at one owner after the other, over and over. Everything that was answered 201 is kept. */
class Filings {
  readonly done: Filed[] = [];
  readonly #members: readonly Door[];
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(members: readonly Door[]) {
    this.#members = members;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }

  async one(at: Door): Promise<Filed> {
    const body = new FormData();
    body.set('procedure', 'edilizia.scia');
    body.set('form', new Blob([new Uint8Array(FORM)], { type: 'application/xml' }), 'form.xml');
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const response = await ask(at, '/v1/practices', { method: 'POST', headers, body });
    expect(response.status, await response.clone().text()).toBe(201);
    const filed = (await response.json()) as Filed;
    this.done.push(filed);
    return filed;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#ended; turn += 1) {
      const member = this.#members[turn % this.#members.length];
      if (member) await this.one(member);
      await pace(PACE_MS);
    }
  }
}

// How a process was started is asked of /proc.
describe.skipIf(process.platform !== 'linux')(
  'two instances of a router, an authority and an auditor',
  () => {
    let network: TestNetwork;
    let file: NetworkFile;
    let province: RunningNode;
    const second: Partial<Record<'router' | 'province' | 'auditor', FurtherInstance>> = {};
    let filings: Filings;

    beforeAll(async () => {
      network = TestNetwork.at(inject('home'));
      file = await network.file();
      province = await network.member('p_cr');
      Object.assign(second, {
        router: await FurtherInstance.of(file.router, 'router'),
        province: await FurtherInstance.of(province, 'authority'),
        auditor: await FurtherInstance.of(file.auditor, 'auditor'),
      });
      filings = new Filings(await Promise.all(OWNERS.map((ipa) => network.member(ipa))));
      filings.start();
    });

    afterAll(async () => {
      await filings.end();
      for (const pid of firsts()) process.kill(pid, 'SIGCONT');
      await Promise.all(Object.values(second).map((instance) => instance.kill()));
    });

    const firsts = (): readonly number[] => [file.router.pid, province.pid, file.auditor.pid];

    /** What an instance has handled of a stream. */
    async function handled(door: Door, stream: string): Promise<number> {
      const text = await (await ask(door, '/metrics')).text();
      const lines = text
        .split('\n')
        .filter((line) => line.startsWith('stream_records_total{') && line.includes(`"${stream}"`));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    }

    async function arrives({ practiceId }: Filed, at: Door): Promise<Held> {
      return until(`practice ${practiceId} is at the Provincia`, WITHIN_MS, async () => {
        const response = await ask(at, `/v1/practices/${practiceId}`);
        const held = (await response.json()) as Held;
        return response.ok && held.position > 0 ? held : undefined;
      });
    }

    it('share the outboxes by topic, each router a part', async () => {
      for (const door of [file.router, second.router!])
        await until('this router has routed', WITHIN_MS, async () =>
          (await handled(door, 'outboxes')) > 0 ? true : undefined,
        );
    });

    it('go on when the first of each is stopped, longer than its session and its leases last', async () => {
      for (const pid of firsts()) process.kill(pid, 'SIGSTOP');
      for (const owner of OWNERS)
        await arrives(await filings.one(await network.member(owner)), second.province!);
    });

    it('go on when it is continued, and when the other is killed', async () => {
      for (const pid of firsts()) process.kill(pid, 'SIGCONT');
      await Promise.all(Object.values(second).map((instance) => instance.kill()));
      for (const owner of OWNERS) await arrives(await filings.one(await network.member(owner)), province);
    });

    it('have lost nothing and done nothing twice: each filing once, one decision for each place, the replay equal, proved', async () => {
      await filings.end();
      const held = await Promise.all(filings.done.map((filed) => arrives(filed, province)));
      for (const one of held) expect(one.events.map(({ position }) => position)).toEqual([1]);

      const read = await auditorsReader(file);
      const decisions = new Map<string, Set<string>>();
      for (const { value } of await read(topics.routing)) {
        const { practice, position } = parseDecision(parseSignedItem(value).item);
        const place = `${practiceKey(practice)}#${position}`;
        decisions.set(place, (decisions.get(place) ?? new Set()).add(value.toString('base64')));
      }
      const doubled = [...decisions].filter(([, versions]) => versions.size > 1).map(([place]) => place);
      expect(doubled).toEqual([]);

      const states = await replay(file);
      for (const [index, { practiceId }] of filings.done.entries()) {
        const [state] = [...states].filter(([key]) => key.endsWith(practiceId)).map(([, found]) => found);
        expect(state && stateDigest(state)).toBe(held[index]?.stateDigest);
      }
      const last = filings.done.at(-1);
      await until('the last filing is proved', WITHIN_MS, async () => {
        const ran = await network.hub('audit', 'proof', last?.eventId ?? '', '--json');
        return ran.code === 0 ? true : undefined;
      });
    });
  },
);
