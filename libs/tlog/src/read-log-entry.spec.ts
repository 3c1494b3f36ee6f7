import { describe, expect, it } from 'vitest';
import { canonicalJson, logEntry, readLogEntry, type JsonValue, type LogEntry } from './index.ts';

const FIELDS = {
  author: 'c_d150',
  eventId: '01890a5d-ac96-774b-bcce-b302099a8057',
  practice: { owner: 'c_d150', uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
  position: 1,
  type: 'practice.filed',
  time: '2026-01-02T03:04:05.678Z',
  sha256: 'ab'.repeat(32),
} as const;

const ENTRIES: readonly LogEntry[] = [
  { ...FIELDS, kind: 'event', position: null },
  {
    ...FIELDS,
    kind: 'decision',
    by: 'router-1',
    rules: [{ rule: 'province', matched: true }],
    recipients: [{ ipa: 'p_cr', part: 'informed', rule: 'province', joined: true }],
  },
  { ...FIELDS, kind: 'receipt', by: 'p_cr', type: 'received' },
  { ...FIELDS, kind: 'action', practice: null, position: null, outcome: 'released' },
];

function refused(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

/** An event's entry with some members replaced or added; undefined takes one away. */
function altered(members: Readonly<Record<string, unknown>>): Buffer {
  const event = JSON.parse(logEntry(ENTRIES[0]!).bytes.toString()) as Record<string, unknown>;
  const kept = Object.entries({ ...event, ...members }).filter(([, value]) => value !== undefined);
  return canonicalJson(Object.fromEntries(kept) as Record<string, JsonValue>);
}

describe('reading an entry', () => {
  it.each(ENTRIES.map((entry) => [entry.kind, entry] as const))(
    'gives back %s as it was written',
    (_, entry) => {
      const { bytes } = logEntry(entry);
      expect(readLogEntry(bytes)).toEqual(entry);
      expect(logEntry(readLogEntry(bytes)).bytes.equals(bytes)).toBe(true);
    },
  );

  it.each<[string, Buffer]>([
    ['a member too many', altered({ subject: 'AAAAAA00A00A000A' })],
    ['a member too few', altered({ time: undefined })],
    ['a member of another kind', altered({ by: 'router-1' })],
    ['a member too many further in', altered({ practice: { ...FIELDS.practice, name: 'x' } })],
    ['no practice', altered({ practice: null })],
    ['a position that is none', altered({ position: 0 })],
    ['a time without milliseconds', altered({ time: '2026-01-02T03:04:05Z' })],
    ['a digest in upper case', altered({ sha256: 'AB'.repeat(32) })],
    ['an empty author', altered({ author: '' })],
    ['space between its members', Buffer.from(`${altered({}).toString().slice(0, -1)} }`)],
    ['a member twice', Buffer.from(`${altered({}).toString().slice(0, -1)},"version":1}`)],
    ['bytes that are no UTF-8', Buffer.from(altered({ author: 'ÿ' }).toString('utf8'), 'latin1')],
    ['a list', Buffer.from('[]')],
    ['no JSON', Buffer.from('{"version":1')],
    ['nothing', Buffer.alloc(0)],
    ['more bytes than an entry has', Buffer.alloc(65_536, 0x20)],
  ])('refuses %s', (_, bytes) => {
    expect(() => readLogEntry(bytes)).toThrow(refused('LOG_ENTRY_MALFORMED'));
  });

  it.each([{ kind: 'dream' }, { version: 2 }, { kind: 'constructor' }])(
    'says of %j that this program does not know it',
    (other) => {
      expect(() => readLogEntry(altered(other))).toThrow(refused('LOG_ENTRY_KIND_UNKNOWN'));
    },
  );
});
