import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { verifyDecision, verifyEvent, type TrustView } from '#evidence';
import { RegistryChain, rootOfTrust } from '#registry-chain';
import { TestNetwork, type Filed } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';
/** How long both keys are good, hours: one second and a half. */
const OVERLAP_HOURS = '0.0004';

interface Key {
  readonly holder: string;
  readonly purpose: string;
  readonly generation: number;
  readonly fingerprint: string;
  readonly state: string;
  readonly notAfter: string;
}
interface Rotated {
  readonly generation: number;
  readonly fingerprint: string;
  readonly retired: readonly { readonly fingerprint: string; readonly retiredFrom: string }[];
}
interface Row {
  readonly eventId: string;
  readonly status: string;
  readonly position: number | null;
  readonly parkedCode: string | null;
  readonly replaces: string | null;
  readonly replacedBy: string | null;
}

describe('a key on the running network', () => {
  let network: TestNetwork;

  beforeAll(() => {
    network = TestNetwork.at(inject('home'));
  });

  async function file(ipa: string): Promise<Filed> {
    const { url, token } = await network.member(ipa);
    const body = new FormData();
    body.set('procedure', 'edilizia.scia');
    body.set('form', new Blob([await readFile(FORM)], { type: 'application/xml' }), 'scia.xml');
    const response = await fetch(`${url}/v1/practices`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    expect(response.status, await response.clone().text()).toBe(201);
    return (await response.json()) as Filed;
  }

  const eventsAt = async (ipa: string, practice: string) =>
    (await network.getJson<{ events: Row[] }>(ipa, `/v1/practices/${practice}/events`)).events;

  /** Waits until a node holds the practice with its filing in its place. */
  const placedAt = (ipa: string, { practiceId }: Filed) =>
    until(`the filing has its place at ${ipa}`, WITHIN_MS, async () => {
      const [first] = await eventsAt(ipa, practiceId);
      return first?.position === 1 ? first : undefined;
    });

  /** The registry's whole chain, verified under the root: what anyone knows of keys, old and new. */
  async function trustView(): Promise<TrustView> {
    const { registry, pki } = await network.file();
    const root = rootOfTrust(await readFile(pki.ca, 'utf8'), pki.fingerprint);
    const chain = new RegistryChain(root);
    for (;;) {
      const response = await fetch(`${registry.url}/v1/entries?after=${chain.head?.number ?? 0}`, {
        headers: { authorization: `Bearer ${registry.token}` },
      });
      const { entries } = (await response.json()) as { entries: { bytes: string }[] };
      if (entries.length === 0) return chain.latest();
      for (const { bytes } of entries) chain.append(Buffer.from(bytes, 'base64'));
    }
  }

  /** Verifies a filing and its decision as the receiver holds them; answers who signed the filing. */
  async function verifiedSigner(trust: TrustView, { practiceId, eventId }: Filed): Promise<string> {
    const path = `/v1/practices/${practiceId}/events/${eventId}`;
    const { signed } = await network.getJson<{ signed: string }>('p_cr', `${path}/decision`);
    const { decision } = verifyDecision(Buffer.from(signed, 'base64'), trust, new Date());
    const bytes = Buffer.from(await (await network.get('p_cr', path)).arrayBuffer());
    return verifyEvent(bytes, trust, new Date(decision.time)).signer.fingerprint;
  }

  const signingKeys = async (holder: string) => {
    const { url, token } = (await network.file()).registry;
    const response = await fetch(`${url}/v1/certificates`, { headers: { authorization: `Bearer ${token}` } });
    const { keys } = (await response.json()) as { keys: Key[] };
    return keys.filter((key) => key.holder === holder && key.purpose === 'signing');
  };

  it('is rotated while filings go on: none is lost or refused, and those of the retired key verify', async () => {
    const filed: Filed[] = [await file('c_d150')];
    const over = new AbortController();
    const filing = (async () => {
      while (!over.signal.aborted) {
        const one = await file('c_d150');
        filed.push(one);
        await placedAt('c_d150', one);
      }
    })();
    const [before] = await signingKeys('c_d150');
    const [rotated, router] = await Promise.all(
      ['c_d150', 'router'].map((node) =>
        network.json<Rotated>('keys', 'rotate', '--at', node, '--overlap-hours', OVERLAP_HOURS),
      ),
    );
    expect([rotated?.generation, router?.generation]).toEqual([2, 2]);
    expect(rotated?.retired.map(({ fingerprint }) => fingerprint)).toEqual([before?.fingerprint]);
    await until('both old keys are retired', WITHIN_MS, async () => {
      const states = [...(await signingKeys('c_d150')), ...(await signingKeys('router-1'))];
      return states.filter(({ state }) => state === 'retired').length === 2 ? true : undefined;
    });
    over.abort();
    await filing;
    filed.push(await file('c_d150'));
    for (const one of filed) await placedAt('p_cr', one);
    const trust = await trustView();
    const signers = new Set(await Promise.all(filed.map((one) => verifiedSigner(trust, one))));
    expect([...signers].sort()).toEqual([before?.fingerprint, rotated?.fingerprint].sort());
    const [first] = filed;
    // The documents of a practice whose decision an old key of the router's signed are served as before.
    await until('the documents are there', WITHIN_MS, async () => {
      const { documents } = await network.getJson<{ documents: { total: number; complete: number } }>(
        'p_cr',
        `/v1/practices/${first?.practiceId ?? ''}`,
      );
      return documents.total > 0 && documents.complete === documents.total ? true : undefined;
    });
  });

  it('that is revoked parks what arrives later; issued again under the next key it is placed, and all is listed', async () => {
    const { registry, router } = await network.file();
    const [key] = await signingKeys('c_d142');
    const early = await file('c_d142');
    await placedAt('c_d142', early);
    // The router stands still while the key is still good at its holder's node, and goes on when it is not any more.
    const revokedFrom = new Date(Date.now() + 4_000);
    const revocation = await fetch(`${registry.url}/v1/certificates/${key?.fingerprint}/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${registry.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ revokedFrom: revokedFrom.toISOString(), reason: 'key-compromise' }),
    });
    const { number } = (await revocation.json()) as { number: number };
    await until('the router knows of the revocation', WITHIN_MS, async () => {
      const health = (await (await fetch(`${router.url}/health`)).json()) as {
        checks: { registry: { detail?: string } };
      };
      return health.checks.registry.detail?.includes(`entry ${number}`) === true ? true : undefined;
    });
    process.kill(router.pid, 'SIGSTOP');
    let late: Filed;
    try {
      late = await file('c_d142');
      await until('the key is revoked', WITHIN_MS, () =>
        Promise.resolve(Date.now() > revokedFrom.getTime() ? true : undefined),
      );
    } finally {
      process.kill(router.pid, 'SIGCONT');
    }
    await until('the filing is parked', WITHIN_MS, async () => {
      const [event] = await eventsAt('c_d142', late.practiceId);
      return event?.status === 'parked' ? event : undefined;
    });
    expect(await eventsAt('c_d142', late.practiceId)).toMatchObject([
      { parkedCode: 'KEY_REVOKED_BEFORE_ARRIVAL' },
    ]);
    await network.json('keys', 'rotate', '--at', 'c_d142', '--overlap-hours', '1');
    const again = await network.json<{ eventId: string; replaces: string }>('event', 'reissue', late.eventId);
    expect(again.replaces).toBe(late.eventId);
    expect(await placedAt('p_cr', late)).toMatchObject({ eventId: again.eventId, replaces: late.eventId });
    await placedAt('c_d142', late);
    expect(await eventsAt('c_d142', late.practiceId)).toMatchObject([
      { eventId: again.eventId, status: 'accepted', replaces: late.eventId },
      { eventId: late.eventId, status: 'replaced', replacedBy: again.eventId },
    ]);
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const [covered, board] = await Promise.all([
      network.json<{ holder: string; events: { eventId: string }[] }>(
        ...['keys', 'covered', key?.fingerprint ?? '', '--from', from],
      ),
      network.json<{ keys: Key[] }>('keys', 'list', '--at', 'c_d142'),
    ]);
    expect(board.keys.map(({ generation, state }) => `${generation} ${state}`)).toContain('1 revoked');
    expect(covered.holder).toBe('c_d142');
    expect(covered.events.map(({ eventId }) => eventId)).toContain(early.eventId);
    expect(covered.events.map(({ eventId }) => eventId)).not.toContain(again.eventId);
  });

  it('is on every node’s /metrics, and all keys are on the registry’s', async () => {
    const { registry } = await network.file();
    const gauges = async (url: string, token: string) => {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      return (await response.text())
        .split('\n')
        .filter((line) => line.startsWith('certificate_expires_seconds{'));
    };
    const node = await network.member('p_cr');
    const own = await gauges(node.url, node.token);
    expect(own.map((line) => /holder="([^"]+)".*purpose="([^"]+)"/.exec(line)?.slice(1).join(' '))).toEqual([
      'p_cr signing',
      'p_cr transport',
    ]);
    const holders = (await gauges(registry.url, registry.token)).map(
      (line) => /holder="([^"]+)"/.exec(line)?.[1],
    );
    expect(new Set(holders)).toEqual(
      new Set(['auditor', 'c_b898', 'c_d142', 'c_d150', 'p_cr', 'registry', 'router-1']),
    );
  });
});
