import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  leafHash,
  logEntry,
  MAX_ENTRY_BYTES,
  registryEntryId,
  type DecisionEntry,
} from './index.ts';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

const FIELDS = {
  author: 'c_d150',
  eventId: '01890a5d-ac96-774b-bcce-b302099a8057',
  practice: { owner: 'c_d150', uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
  position: 1,
  type: 'practice.filed',
  time: '2026-01-02T03:04:05.678Z',
  sha256: 'ab'.repeat(32),
} as const;
const RECIPIENT = { ipa: 'p_cr', part: 'informed', rule: 'province', joined: true };
const DECISION: DecisionEntry = {
  ...FIELDS,
  kind: 'decision',
  by: 'router-1',
  rules: [{ rule: 'province', matched: true }],
  recipients: [RECIPIENT],
};

describe('log entries', () => {
  it('writes an event as this canonical JSON, for ever', () => {
    const { bytes, hash } = logEntry({ ...FIELDS, kind: 'event', position: null });
    expect(bytes.toString()).toBe(
      '{"author":"c_d150","eventId":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"event","position":null,' +
        '"practice":{"owner":"c_d150","uuid":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"},' +
        `"sha256":"${'ab'.repeat(32)}","time":"2026-01-02T03:04:05.678Z","type":"practice.filed","version":1}`,
    );
    expect(hash.equals(leafHash(bytes))).toBe(true);
  });

  it('writes a decision with its rules and recipients, and a receipt with who speaks', () => {
    expect(logEntry(DECISION).bytes.toString()).toContain(
      '"recipients":[{"ipa":"p_cr","joined":true,"part":"informed","rule":"province"}],' +
        '"rules":[{"matched":true,"rule":"province"}]',
    );
    expect(logEntry({ ...FIELDS, kind: 'receipt', by: 'p_cr', type: 'received' }).bytes.toString()).toContain(
      '"by":"p_cr"',
    );
  });

  it('writes an action as this canonical JSON, for ever, with or without a practice', () => {
    const action = { ...FIELDS, kind: 'action', type: 'quarantine.released', position: null } as const;
    const { bytes } = logEntry({ ...action, author: 'router-1', practice: null, outcome: 'released' });
    expect(bytes.toString()).toBe(
      '{"author":"router-1","eventId":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"action","outcome":"released",' +
        `"position":null,"practice":null,"sha256":"${'ab'.repeat(32)}","time":"2026-01-02T03:04:05.678Z",` +
        '"type":"quarantine.released","version":1}',
    );
    expect(logEntry({ ...action, outcome: 'parked' }).bytes.toString()).toContain(
      '"practice":{"owner":"c_d150","uuid":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"}',
    );
  });

  it('writes a change of the registry as this canonical JSON, for ever, under an id that is its number', () => {
    const { bytes } = logEntry({
      ...FIELDS,
      kind: 'registry',
      author: 'registry',
      eventId: registryEntryId(17),
      practice: null,
      position: 17,
      type: 'certificate.published',
    });
    expect(bytes.toString()).toBe(
      '{"author":"registry","eventId":"72656769-7374-8000-8000-000000000011","kind":"registry","position":17,' +
        `"practice":null,"sha256":"${'ab'.repeat(32)}","time":"2026-01-02T03:04:05.678Z",` +
        '"type":"certificate.published","version":1}',
    );
    expect(() => registryEntryId(0)).toThrow(RangeError);
  });

  it('writes the accesses of a minute as this canonical JSON, for ever', () => {
    const { bytes } = logEntry({
      ...FIELDS,
      kind: 'access',
      practice: null,
      position: null,
      type: 'access.anchored',
      root: Buffer.alloc(32, 1).toString('base64'),
      size: 3,
      from: '2026-01-02T03:03:05.678Z',
      to: '2026-01-02T03:04:05.677Z',
    });
    expect(bytes.toString()).toBe(
      '{"author":"c_d150","eventId":"01890a5d-ac96-774b-bcce-b302099a8057","from":"2026-01-02T03:03:05.678Z",' +
        '"kind":"access","position":null,"practice":null,"root":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",' +
        `"sha256":"${'ab'.repeat(32)}","size":3,"time":"2026-01-02T03:04:05.678Z","to":"2026-01-02T03:04:05.677Z",` +
        '"type":"access.anchored","version":1}',
    );
  });

  it('keeps members that the type does not name out of the log', () => {
    const withMore = { ...FIELDS, kind: 'event' as const, subject: 'AAAAAA00A00A000A' };
    expect(logEntry(withMore).bytes.toString()).not.toContain('AAAAAA00A00A000A');
  });

  it('gives the same bytes whatever the order of members', () => {
    const reversed = Object.fromEntries(Object.entries(DECISION).reverse()) as unknown as DecisionEntry;
    expect(logEntry(reversed).bytes.equals(logEntry(DECISION).bytes)).toBe(true);
  });

  it('takes an entry of 65,535 bytes and refuses one of 65,536', () => {
    const fixed = logEntry({ ...DECISION, by: '' }).bytes.length;
    const filling = MAX_ENTRY_BYTES - fixed;
    expect(logEntry({ ...DECISION, by: 'r'.repeat(filling) }).bytes.length).toBe(65_535);
    expect(() => logEntry({ ...DECISION, by: 'r'.repeat(filling + 1) })).toThrow(
      coded('LOG_ENTRY_TOO_LARGE'),
    );
  });
});

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 §3.2.4', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\u0022/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value).toString()).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts members by UTF-16 code units (RFC 8785 §3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(value).toString()).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}',
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], ['\ud800'], [{ '\udc00': 1 }]])(
    'refuses %j',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(coded('CANONICAL_JSON_UNSUPPORTED'));
    },
  );

  it('writes minus zero as zero', () => {
    expect(canonicalJson(-0).toString()).toBe('0');
  });
});
