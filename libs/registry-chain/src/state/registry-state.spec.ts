import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  parseIpaCode,
  parseIstatCode,
  parseSha256,
  type Procedure,
  type PublicBody,
  type RegisteredCertificate,
  type RegistryChange,
  type RevocationReason,
} from '#contracts';
import { RegistryState } from './registry-state.ts';

const CREMA = parseIstatCode('019035');
const CREMONA = parseIstatCode('019036');
const FINGERPRINT = parseSha256('ab'.repeat(32));

function digestOf(number: number) {
  return parseSha256(createHash('sha256').update(String(number)).digest('hex'));
}

function folded(...changes: RegistryChange[]): RegistryState {
  const state = new RegistryState();
  for (const change of changes) add(state, change);
  return state;
}

function add(state: RegistryState, change: RegistryChange): void {
  const number = (state.head?.number ?? 0) + 1;
  state.apply(
    {
      version: '1.0',
      number,
      previous: state.head?.digest ?? null,
      time: '2026-01-01T00:00:00.000Z',
      change,
    },
    digestOf(number),
  );
}

function municipality(ipa: string, istat: string, nodeUrl?: string): RegistryChange {
  const body: PublicBody = {
    ipa: parseIpaCode(ipa),
    name: ipa,
    kind: 'municipality',
    office: 'SUAP',
    istat: parseIstatCode(istat),
    province: parseIpaCode('p_cr'),
    pec: 'suap@example.invalid',
    joined: nodeUrl !== undefined,
    ...(nodeUrl === undefined ? {} : { nodeUrl }),
  };
  return { kind: 'body.published', body };
}

function procedure(code: string, version: number): RegistryChange {
  const term = { days: 30, kind: 'calendar' } as const;
  const value: Procedure = {
    code,
    version,
    title: { it: code, en: code },
    regime: 'scia',
    office: 'SUAP',
    legalBasis: 'dpr-160-2010',
    terms: { proceeding: term },
    forms: [],
    grants: { owner: ['practice.filed'], deciding: [], opinion: [], informed: [] },
    rules: [],
  };
  return { kind: 'procedure.published', procedure: value };
}

const certificate: RegisteredCertificate = {
  holder: 'c_d150',
  role: 'authority',
  purpose: 'signing',
  fingerprint: FINGERPRINT,
  der: 'AA==',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
};

function revoked(revokedFrom: string, reason: RevocationReason = 'key-compromise'): RegistryChange {
  return { kind: 'certificate.revoked', fingerprint: FINGERPRINT, revokedFrom, reason };
}

describe('the registry state', () => {
  it('answers for an old version as it did then', () => {
    const state = folded(
      municipality('c_d150', '019036', 'https://localhost:1'),
      procedure('edilizia.scia', 1),
      municipality('c_d150', '019036', 'https://localhost:2'),
      procedure('edilizia.scia', 2),
    );
    const [old, now] = [state.at(2), state.at(4)];
    expect(old.body(parseIpaCode('c_d150'))?.nodeUrl).toBe('https://localhost:1');
    expect(now.body(parseIpaCode('c_d150'))?.nodeUrl).toBe('https://localhost:2');
    expect(old.procedure('edilizia.scia', 2)).toBeUndefined();
    expect(old.latestProcedure('edilizia.scia')?.version).toBe(1);
    expect(now.procedure('edilizia.scia', 1)?.version).toBe(1);
    expect(now.latestProcedure('edilizia.scia')?.version).toBe(2);
  });

  it('finds a body whatever the letter case of its IPA code', () => {
    const state = folded(municipality('C_D150', '019036'));
    expect(state.at(1).body(parseIpaCode('c_d150'))?.name).toBe('C_D150');
  });

  it('knows a border from both sides, only between bodies it knows, and once', () => {
    const border: RegistryChange = { kind: 'border.published', between: [CREMONA, CREMA] };
    const state = folded(municipality('c_d150', CREMONA), border, border, municipality('c_d142', CREMA));
    expect(state.at(3).bordering(CREMONA)).toEqual([]);
    expect(
      state
        .at(4)
        .bordering(CREMONA)
        .map((body) => body.ipa),
    ).toEqual(['c_d142']);
    expect(
      state
        .at(4)
        .bordering(CREMA)
        .map((body) => body.ipa),
    ).toEqual(['c_d150']);
  });

  it('names the members only, in the order of their codes', () => {
    const state = folded(
      municipality('c_d150', CREMONA, 'https://localhost:1'),
      municipality('c_b898', '019021', 'https://localhost:2'),
      municipality('c_d142', CREMA),
    );
    expect(
      state
        .at(3)
        .members()
        .map((body) => body.ipa),
    ).toEqual(['c_b898', 'c_d150']);
  });

  it('lets a superseded key come into doubt from its retirement on, and never out of doubt', () => {
    const state = folded(
      { kind: 'certificate.published', certificate },
      revoked('2026-05-01T00:00:00.000Z', 'superseded'),
      revoked('2026-06-01T00:00:00.000Z', 'key-compromise'),
      revoked('2026-04-01T00:00:00.000Z', 'superseded'),
    );
    const standing = [2, 3, 4].map((number) => state.at(number).certificate(FINGERPRINT));
    expect(standing.map((one) => [one?.revokedFrom?.slice(0, 7), one?.revocationReason])).toEqual([
      ['2026-05', 'superseded'],
      ['2026-05', 'key-compromise'],
      ['2026-04', 'key-compromise'],
    ]);
  });

  it('keeps a revocation, whatever is published later, and the earlier of two dates', () => {
    const listed: RegistryChange = { kind: 'certificate.published', certificate };
    const state = folded(
      listed,
      revoked('2026-05-01T00:00:00.000Z'),
      listed,
      revoked('2026-06-01T00:00:00.000Z'),
      revoked('2026-04-01T00:00:00.000Z'),
    );
    const from = [1, 2, 3, 4, 5].map((number) => state.at(number).certificate(FINGERPRINT)?.revokedFrom);
    expect(from).toEqual([
      null,
      '2026-05-01T00:00:00.000Z',
      '2026-05-01T00:00:00.000Z',
      '2026-05-01T00:00:00.000Z',
      '2026-04-01T00:00:00.000Z',
    ]);
  });

  it('keeps every version of a form and answers with the last when none is named', () => {
    const form = (version: string): RegistryChange => ({
      kind: 'form.published',
      form: { namespace: 'urn:x', root: 'modulo', version, entry: 'a.xsd', files: [] },
    });
    const state = folded(form('1.0.0'), form('1.1.0'));
    expect(state.at(2).formSchema('urn:x', 'modulo')?.version).toBe('1.1.0');
    expect(state.at(2).formSchema('urn:x', 'modulo', '1.0.0')?.version).toBe('1.0.0');
    expect(state.at(1).formSchema('urn:x', 'modulo', '1.1.0')).toBeUndefined();
    expect(state.at(2).forms()).toHaveLength(1);
  });

  it('refuses an entry that does not follow, and a version it does not have', () => {
    const state = folded(procedure('edilizia.scia', 1));
    const entry = { version: '1.0', previous: null, time: '2026-01-01T00:00:00.000Z' };
    expect(() => {
      state.apply({ ...entry, number: 3, change: procedure('x', 1) }, digestOf(3));
    }).toThrow(expect.objectContaining({ code: 'REGISTRY_GAP' }));
    expect(() => state.at(2)).toThrow(expect.objectContaining({ code: 'REGISTRY_VERSION_UNKNOWN' }));
    expect(state.head).toEqual({ number: 1, digest: digestOf(1) });
  });
});
