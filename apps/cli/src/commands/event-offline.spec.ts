import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { serializeEvent } from '#contracts';
import { issueAuthority, issueCertificate, issueCrl, type IssuedCertificate } from '#embedded';
import { anEvent, aNetwork } from '#testing';
import { runCli } from '../run-cli.ts';

const VALIDITY = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2028-01-01T00:00:00Z'),
};
const SIGNED_AT = '2026-03-04T09:00:00.000Z';
const SEEN_AT = '2026-03-04T09:00:05.000Z';

let dir: string;
let ca: IssuedCertificate;
let member: IssuedCertificate;
let unsigned: Buffer;
const file = (name: string): string => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reset-hub-offline-'));
  ca = await issueAuthority(VALIDITY);
  const subject = { holder: 'c_d150', role: 'authority', purpose: 'signing', generation: 1 } as const;
  member = await issueCertificate(ca, { subject, ...VALIDITY });
  const { event } = await anEvent(await aNetwork().founded()).signed();
  unsigned = serializeEvent(event);
  await write('ca.pem', ca.certificate);
  await write('c.pem', member.certificate);
  await write('k.pem', member.key);
  await write('event.xml', unsigned);
  await run('event', 'sign', file('event.xml'), ...KEY(), '--at', SIGNED_AT);
});

const KEY = (): string[] => ['--cert', file('c.pem'), '--key', file('k.pem')];

async function write(name: string, content: string | Buffer): Promise<string> {
  await writeFile(file(name), content);
  return file(name);
}

interface Told {
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>> & {
    readonly steps?: readonly { readonly step: string; readonly result: string; readonly detail: string }[];
  };
}

async function run(...args: string[]): Promise<Told> {
  let out = '';
  const terminal = {
    out: (text: string) => void (out += text),
    error: () => undefined,
  };
  const code = await runCli([...args, '--json', '--home', dir], terminal, {});
  return { code, json: JSON.parse(out) as Told['json'] };
}

/** The authority's list, of some days, with or without the member's certificate. */
async function crl(
  revokedFrom?: string,
  invalidFrom?: string,
  until = '2026-04-01T00:00:00Z',
): Promise<string> {
  const revoked =
    revokedFrom === undefined
      ? []
      : [
          {
            certificate: member.certificate,
            revokedFrom: new Date(revokedFrom),
            ...(invalidFrom === undefined ? {} : { invalidFrom: new Date(invalidFrom) }),
          },
        ];
  const thisUpdate = new Date('2026-03-01T00:00:00Z');
  return await issueCrl(ca, { thisUpdate, nextUpdate: new Date(until), revoked });
}

async function verify(bytes: Buffer | string, list?: string, ...more: string[]): Promise<Told> {
  const path = typeof bytes === 'string' ? bytes : await write('other.xml', bytes);
  const lists = list === undefined ? [] : ['--crl', await write('list.pem', list)];
  return await run('event', 'verify', path, '--trust', file('ca.pem'), '--at', SEEN_AT, ...lists, ...more);
}

const resultOf = ({ json }: Told, step: string): string | undefined =>
  json.steps?.find((each) => each.step === step)?.result;

describe('event sign', () => {
  it('makes of an unsigned event what event verify takes, at the time asked for', async () => {
    const told = await verify(file('event.signed.xml'));
    expect(told).toMatchObject({ code: 0, json: { valid: true, author: 'c_d150', signedAt: SIGNED_AT } });
    const again = await run('event', 'sign', file('event.xml'), ...KEY(), '--out', file('named.xml'));
    expect(again).toMatchObject({ code: 0, json: { out: file('named.xml'), signer: 'c_d150' } });
    expect((await verify(file('named.xml'), undefined, '--at', '2027-01-01T00:00:00Z')).code).toBe(0);
  });

  it.each<[string, string, (text: string) => string]>([
    ['is no canonical document', 'NOT_CANONICAL', (text) => text.replace('<Facts>', '<Facts >')],
    ['ends with a new line', 'UNSIGNED_DOCUMENT_UNSUITABLE', (text) => `${text}\n`],
    ['has an XML declaration', 'XML_FORBIDDEN_CONSTRUCT', (text) => `<?xml version="1.0"?>${text}`],
    ['breaks the XSD', 'XSD_INVALID', (text) => text.replace(/ office="[^"]*"/, '')],
    ['is no XML', 'XML_MALFORMED', () => 'no XML'],
  ])('refuses what %s, with a code that says so', async (_, code, change) => {
    const text = change(unsigned.toString());
    expect(text).not.toBe(unsigned.toString());
    const told = await run('event', 'sign', await write('bad.xml', text), ...KEY());
    expect(told).toMatchObject({ code: 1, json: { error: { code } } });
  });

  it('refuses an event that is signed, and a key that is not the certificate’s', async () => {
    const signed = await run('event', 'sign', file('event.signed.xml'), ...KEY());
    expect(signed).toMatchObject({ code: 1, json: { error: { code: 'UNSIGNED_DOCUMENT_UNSUITABLE' } } });
    const foreign = ['--cert', file('c.pem'), '--key', await write('ca.key.pem', ca.key)];
    const other = await run('event', 'sign', file('event.xml'), ...foreign);
    expect(other).toMatchObject({ code: 1, json: { error: { code: 'SIGNING_KEY_UNUSABLE' } } });
    expect((await run('event', 'sign', file('event.xml'), '--cert', file('c.pem'))).code).toBe(2);
  });
});

describe('event verify with a revocation list', () => {
  it('names every step with its result, and what it could not check', async () => {
    const without = await verify(file('event.signed.xml'));
    expect(without.json.steps?.map(({ step }) => step)).toEqual([
      'bytes',
      'canonical-form',
      'signature-shape',
      'certificate-digest',
      'references',
      'signature-value',
      'certificate-validity',
      'chain',
      'revocation',
      'certificate-right',
      'schema',
      'author-right',
    ]);
    expect(resultOf(without, 'revocation')).toBe('not-checked');
    const checked = await verify(file('event.signed.xml'), await crl());
    expect(checked.code).toBe(0);
    expect(new Set(checked.json.steps?.map(({ result }) => result))).toEqual(new Set(['passed']));
  });

  it('refuses what the list revokes by the time of first proof, and what it only says later stays good', async () => {
    const revoked = await verify(file('event.signed.xml'), await crl('2026-03-02T00:00:00Z'));
    expect(revoked).toMatchObject({
      code: 1,
      json: { valid: false, error: { code: 'KEY_REVOKED_BEFORE_ARRIVAL' } },
    });
    expect([
      resultOf(revoked, 'chain'),
      resultOf(revoked, 'revocation'),
      resultOf(revoked, 'schema'),
    ]).toEqual(['passed', 'failed', 'not-reached']);
    const later = await crl('2026-03-10T00:00:00Z');
    expect((await verify(file('event.signed.xml'), later)).code).toBe(0);
    expect((await verify(file('event.signed.xml'), later, '--at', '2026-03-11T00:00:00Z')).code).toBe(1);
    const known = await crl('2026-03-10T00:00:00Z', '2026-03-03T00:00:00Z');
    expect((await verify(file('event.signed.xml'), known)).code).toBe(1);
  });

  it('goes on with a list that is out of date, and says so', async () => {
    const told = await verify(
      file('event.signed.xml'),
      await crl(undefined, undefined, '2026-03-02T00:00:00Z'),
    );
    expect(told).toMatchObject({ code: 0, json: { crls: [{ stale: true, revoked: 0 }] } });
    expect(told.json.steps?.find(({ step }) => step === 'revocation')?.detail).toContain('STALE');
  });

  it('takes a list of another CA, one that is none, and a CA that is none, for wrong usage', async () => {
    const other = await issueAuthority(VALIDITY, 'Another CA');
    const window = { thisUpdate: new Date('2026-03-01'), nextUpdate: new Date('2026-04-01') };
    for (const list of [await issueCrl(other, window), 'no list'])
      expect(await verify(file('event.signed.xml'), list)).toMatchObject({
        code: 2,
        json: { error: { code: 'USAGE_INVALID' } },
      });
    const args = ['event', 'verify', file('event.signed.xml'), '--trust'];
    expect((await run(...args, await write('none.pem', 'no CA'))).code).toBe(2);
    expect((await run(...args, file('ca.pem'), '--crl', file('absent.pem'))).code).toBe(2);
    expect((await run(...args, file('ca.pem'), '--at', 'yesterday')).code).toBe(2);
  });

  it('trusts any of several CAs in one file: the network’s roots, old and new', async () => {
    const other = await issueAuthority(VALIDITY, 'Another CA');
    const both = await write('both.pem', other.certificate + ca.certificate);
    const args = ['event', 'verify', file('event.signed.xml'), '--at', SEEN_AT, '--trust'];
    expect((await run(...args, both)).code).toBe(0);
    expect((await run(...args, await write('one.pem', other.certificate))).code).toBe(1);
  });

  it.each<[string, string, (text: string) => string]>([
    ['bytes', 'COMMENT_FORBIDDEN', (text) => text.replace('<Facts>', '<!-- --><Facts>')],
    ['canonical-form', 'NOT_CANONICAL', (text) => text.replace('<Facts>', '<Facts >')],
    ['signature-shape', 'SIGNATURE_SHAPE', (text) => text.replace(' Id="signature-content"', '')],
    ['references', 'REFERENCE_DIGEST_MISMATCH', (text) => text.replace(/istat="[0-9]{6}"/, 'istat="019035"')],
    [
      'signature-value',
      'SIGNATURE_INVALID',
      (text) => text.replace(/(?<=SignatureValue>)./, (first) => (first === 'A' ? 'B' : 'A')),
    ],
  ])('says that %s failed for what it refuses there', async (step, code, change) => {
    const text = (await readFile(file('event.signed.xml'))).toString();
    const changed = change(text);
    expect(changed).not.toBe(text);
    const told = await verify(Buffer.from(changed));
    expect(told).toMatchObject({ code: 1, json: { valid: false, error: { code } } });
    expect(told.json.steps?.filter(({ result }) => result === 'failed').map((each) => each.step)).toEqual([
      step,
    ]);
  });
});
