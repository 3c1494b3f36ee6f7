import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseIpaCode, serializeReconciliationCertificate, type Reconciliation } from '#contracts';
import { issueAuthority, issueCertificate, issueCrl, type IssuedCertificate } from '#embedded';
import { pemSigner, signReconciliation, type Signer } from '#evidence';
import { homeWith, standIns, type Seen } from '../cli.fixture.ts';
import { runCli } from '../run-cli.ts';

const ID = '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071';
const VALIDITY = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2028-01-01T00:00:00Z'),
};
const TIME = new Date('2026-03-04T09:00:00.000Z');
const ROOT = Buffer.alloc(32, 7).toString('base64');
const node = standIns();

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), error: (text: string) => void (err += text) };
  return { code: await runCli(args, terminal, {}), out, err };
}

const agreed = {
  id: ID,
  partner: 'p_cr',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  status: 'agreed',
  code: null,
  reason: null,
  endedAt: '2026-03-04T09:00:00.000Z',
  events: [
    { author: 'c_d150', here: 412, there: 412 },
    { author: 'p_cr', here: 17, there: 17 },
  ],
  found: 0,
  healed: 0,
  certificate: `/v1/reconciliations/${ID}/certificate`,
  differences: [],
};

/** A Comune whose comparison goes through these states, one each time it is asked. */
async function cityWith(...states: object[]) {
  const answer = ({ method, path }: Seen) => {
    if (method === 'POST') return { status: 202, json: { id: ID } };
    if (path.endsWith('/certificate')) return { bytes: Buffer.from('<signed/>') };
    return { json: states.length > 1 ? states.shift() : states[0] };
  };
  const city = await node(answer);
  return { city, home: await homeWith({ c_d150: city.url, p_cr: 'http://127.0.0.1:9' }) };
}

describe('reconcile', () => {
  it('asks the first of the two to compare, watches it, and says what each sent and the other holds', async () => {
    const running = { ...agreed, status: 'running', endedAt: null, certificate: null };
    const { city, home } = await cityWith(running, running, agreed);
    const out = join(home, 'january.xml');
    const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-02-01T00:00:00Z'];
    const ran = await run('reconcile', '--between', 'c_d150', 'P_CR', ...range, '--out', out, '--home', home);
    expect([ran.code, ran.out]).toEqual([
      0,
      [
        'AGREED',
        'c_d150 sent 412, p_cr holds 412',
        'p_cr sent 17, c_d150 holds 17',
        'placed from 2026-01-01T00:00:00.000Z on and before 2026-02-01T00:00:00.000Z',
        `certificate: ${out}`,
        '',
      ].join('\n'),
    ]);
    expect(JSON.parse(city.seen[0]!.body.toString())).toEqual({
      partner: 'p_cr',
      from: '2026-01-01T00:00:00Z',
      to: '2026-02-01T00:00:00Z',
    });
    expect((await readFile(out)).toString()).toBe('<signed/>');
  });

  it('ends with 1 and every difference with its outcome when they do not agree', async () => {
    const lost = {
      kind: 'missing-there',
      author: 'c_d150',
      eventId: ID,
      owner: 'c_d150',
      practiceId: ID,
      position: 3,
      code: 'PROCEDURE_UNKNOWN',
    };
    const { home } = await cityWith({
      ...agreed,
      status: 'differs',
      code: 'RECONCILIATION_DIFFERS',
      reason: '1 of 2 differences are left',
      events: [
        { author: 'c_d150', here: 412, there: 411 },
        { author: 'p_cr', here: 17, there: 17 },
      ],
      found: 2,
      healed: 1,
      certificate: null,
      differences: [lost, { ...lost, position: 4, code: null }],
    });
    const { code, out } = await run('reconcile', '--between', 'c_d150', 'p_cr', '--home', home);
    expect(code).toBe(1);
    expect(out).toContain('NOT AGREED\nc_d150 sent 412, p_cr holds 411\n');
    expect(out).toContain('2 differences found, 1 healed by replay');
    expect(out).toMatch(/missing-there {2}c_d150 .* 3 +PROCEDURE_UNKNOWN\n.* 4 +healed\n/);
  });

  it.each([
    [['--between', 'c_d150']],
    [['--between', 'c_d150', 'p_cr', 'c_d142']],
    [['--between', 'c_d150', 'p_cr', '--from', 'yesterday']],
    [[]],
  ])('written %j is wrong usage, and says how it should be', async (args) => {
    const { code, err } = await run('reconcile', ...args, '--home', '/nowhere');
    expect([code, err]).toEqual([2, expect.stringMatching(/--between c_d150 p_cr|--from: is a time/)]);
  });
});

describe('reconcile verify', () => {
  let dir: string;
  let ca: IssuedCertificate;
  const signers = new Map<string, Signer>();
  const certificates = new Map<string, IssuedCertificate>();
  const file = (name: string): string => join(dir, name);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'reset-hub-reconcile-'));
    ca = await issueAuthority(VALIDITY);
    for (const holder of ['c_d150', 'p_cr']) {
      const subject = { holder, role: 'authority', purpose: 'signing', generation: 1 } as const;
      const issued = await issueCertificate(ca, { subject, ...VALIDITY });
      certificates.set(holder, issued);
      signers.set(holder, pemSigner(issued.certificate, issued.key));
    }
    await writeFile(file('ca.pem'), ca.certificate);
  });

  function statementOf(by: string, other: string, ofCity = 412): Reconciliation {
    const events = [
      { author: parseIpaCode('c_d150'), count: ofCity, root: ROOT },
      { author: parseIpaCode('p_cr'), count: 17, root: ROOT },
    ] as const;
    const { from, to } = agreed;
    const time = TIME.toISOString();
    return { version: '1.0', by: parseIpaCode(by), with: parseIpaCode(other), from, to, time, events };
  }

  async function certificate(
    name: string,
    first: Reconciliation,
    second: Reconciliation,
    signer = second.by,
  ) {
    const sign = (one: Reconciliation, holder: string) => signReconciliation(one, signers.get(holder)!, TIME);
    const statements = [await sign(first, first.by), await sign(second, signer)] as const;
    await writeFile(file(name), serializeReconciliationCertificate({ version: '1.0', statements }));
    return file(name);
  }

  const verify = async (...args: string[]) => {
    const { code, out } = await run('reconcile', 'verify', ...args, '--json');
    return { code, json: JSON.parse(out) as Record<string, unknown> };
  };
  const TRUST = () => ['--trust', file('ca.pem')];

  it('accepts what both have signed, with nothing but the CA', async () => {
    const path = await certificate('good.xml', statementOf('c_d150', 'p_cr'), statementOf('p_cr', 'c_d150'));
    const { code, json } = await verify(path, ...TRUST());
    expect(json).toMatchObject({
      valid: true,
      between: ['c_d150', 'p_cr'],
      from: agreed.from,
      events: [
        { author: 'c_d150', count: 412 },
        { author: 'p_cr', count: 17 },
      ],
      signed: [{ by: 'c_d150' }, { by: 'p_cr' }],
    });
    expect(code).toBe(0);
    const { out } = await run('reconcile', 'verify', path, ...TRUST());
    expect(out).toContain('VALID\nc_d150 sent 412, p_cr holds 412\np_cr sent 17, c_d150 holds 17\n');
  });

  it.each<[string, string, () => Promise<string>]>([
    [
      'other counts',
      'RECONCILIATION_DISAGREES',
      () => certificate('a.xml', statementOf('c_d150', 'p_cr'), statementOf('p_cr', 'c_d150', 411)),
    ],
    [
      'one side twice',
      'RECONCILIATION_DISAGREES',
      () => certificate('b.xml', statementOf('c_d150', 'p_cr'), statementOf('c_d150', 'p_cr')),
    ],
    [
      'one side for the other',
      'CERTIFICATE_NOT_OF_AUTHOR',
      () =>
        certificate(
          'c.xml',
          statementOf('c_d150', 'p_cr'),
          statementOf('p_cr', 'c_d150'),
          parseIpaCode('c_d150'),
        ),
    ],
    [
      'a changed statement',
      'REFERENCE_DIGEST_MISMATCH',
      async () => {
        const good = await readFile(
          await certificate('d.xml', statementOf('c_d150', 'p_cr'), statementOf('p_cr', 'c_d150')),
        );
        const [statement] = /<Statement>([^<]+)/.exec(good.toString())?.slice(1) ?? [];
        const changed = Buffer.from(statement ?? '', 'base64')
          .toString()
          .replace('count="412"', 'count="413"');
        const text = good.toString().replace(statement ?? '', Buffer.from(changed).toString('base64'));
        await writeFile(file('d.xml'), text);
        return file('d.xml');
      },
    ],
  ])('refuses %s', async (_, code, make) => {
    const answer = await verify(await make(), ...TRUST());
    expect([answer.code, answer.json['valid'], (answer.json['error'] as { code: string }).code]).toEqual([
      1,
      false,
      code,
    ]);
  });

  it('judges revocation by the lists that are given, at the time that is given', async () => {
    const path = await certificate('e.xml', statementOf('c_d150', 'p_cr'), statementOf('p_cr', 'c_d150'));
    const crl = await issueCrl(ca, {
      revoked: [
        { certificate: certificates.get('p_cr')!.certificate, revokedFrom: new Date('2026-04-01T00:00:00Z') },
      ],
      thisUpdate: new Date('2026-04-02T00:00:00Z'),
      nextUpdate: new Date('2027-04-02T00:00:00Z'),
    });
    await writeFile(file('ca.crl'), crl);
    const at = (time: string) => verify(path, ...TRUST(), '--crl', file('ca.crl'), '--at', time);
    expect((await at('2026-03-05T00:00:00Z')).code).toBe(0);
    expect((await at('2026-05-01T00:00:00Z')).json).toMatchObject({
      valid: false,
      error: { code: 'KEY_REVOKED_BEFORE_ARRIVAL' },
    });
  });

  it('says nothing about the certificate when the CA cannot be used', async () => {
    const path = await certificate('f.xml', statementOf('c_d150', 'p_cr'), statementOf('p_cr', 'c_d150'));
    const { code, json } = await verify(path, '--trust', path);
    expect([code, json['valid']]).toEqual([2, undefined]);
  });
});
