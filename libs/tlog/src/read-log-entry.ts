/** What a log holds, read back. Strict: an entry that could be spelt in two ways would be two leaves. */
import { HubError } from '#errors';
import { ENTRY_VERSION, logEntry, MAX_ENTRY_BYTES, type LogEntry } from './log-entry.ts';
import { registryEntryId } from './registry-entry-id.ts';

/** Reads the members that one kind of entry has beside its kind. */
type ReadKind<Kind extends LogEntry['kind']> = (members: Members) => Extract<LogEntry, { kind: Kind }>;

/** Every kind of entry that this version knows. A further kind is a further reader. */
const READERS: { readonly [Kind in LogEntry['kind']]: ReadKind<Kind> } = {
  event: (members) => ({ kind: 'event', ...aboutPractice(members) }),
  decision: (members) => ({
    kind: 'decision',
    ...aboutPractice(members),
    by: members.text('by'),
    rules: members.list('rules', (rule) => ({ rule: rule.text('rule'), matched: rule.flag('matched') })),
    recipients: members.list('recipients', (each) => ({
      ipa: each.text('ipa'),
      part: each.text('part'),
      rule: each.text('rule'),
      joined: each.flag('joined'),
    })),
  }),
  receipt: (members) => ({ kind: 'receipt', ...aboutPractice(members), by: members.text('by') }),
  action: (members) => ({
    kind: 'action',
    ...fields(members),
    practice: members.isNull('practice') ? null : practice(members),
    outcome: members.text('outcome'),
  }),
  registry: (members) => {
    const { position, ...others } = fields(members);
    if (position === null || others.eventId !== registryEntryId(position)) {
      throw malformed('its id is not that of its number');
    }
    return { kind: 'registry', ...others, position, practice: none(members, 'practice') };
  },
  access: (members) => ({
    kind: 'access',
    ...fields(members),
    position: none(members, 'position'),
    practice: none(members, 'practice'),
    root: members.text('root', /^[A-Za-z0-9+/]{43}=$/),
    size: members.count('size', 1),
    from: members.text('from', MOMENT),
    to: members.text('to', MOMENT),
  }),
};

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * The entry that these bytes are. What comes out gives the same bytes again with `logEntry`: nothing was dropped, nothing
 * was added, and no other spelling was taken for the canonical one (RFC 8785).
 * @throws HubError `LOG_ENTRY_MALFORMED`; `LOG_ENTRY_KIND_UNKNOWN` for a kind, or a version, that this program is too old for
 */
export function readLogEntry(bytes: Buffer): LogEntry {
  if (bytes.length > MAX_ENTRY_BYTES) throw malformed(`it has ${bytes.length} bytes`);
  const members = Members.of(parseJson(bytes), 'the entry');
  const entry = readerOf(members)(members);
  if (!logEntry(entry).bytes.equals(bytes)) {
    throw malformed('it has members that it should not have, or is not written in canonical JSON');
  }
  return entry;
}

function readerOf(members: Members): (members: Members) => LogEntry {
  const version = members.count('version', 1);
  const kind = members.text('kind');
  if (version === ENTRY_VERSION && isKnown(kind)) return READERS[kind];
  throw new HubError(
    'LOG_ENTRY_KIND_UNKNOWN',
    `an entry of version ${version} and kind ${JSON.stringify(kind.slice(0, 80))} is not known here`,
  );
}

function isKnown(kind: string): kind is LogEntry['kind'] {
  return Object.hasOwn(READERS, kind);
}

function aboutPractice(members: Members) {
  return { ...fields(members), practice: practice(members) };
}

function practice(members: Members) {
  const named = members.in('practice');
  return { owner: named.text('owner'), uuid: named.text('uuid') };
}

/** A member that is null in every entry of a kind. */
function none(members: Members, name: string): null {
  if (members.isNull(name)) return null;
  throw malformed(`${name} is not null`);
}

function fields(members: Members) {
  return {
    author: members.text('author'),
    eventId: members.text('eventId'),
    position: members.isNull('position') ? null : members.count('position', 1),
    type: members.text('type'),
    time: members.text('time', MOMENT),
    sha256: members.text('sha256', /^[0-9a-f]{64}$/),
  };
}

/** The members of a JSON object, each read as what it has to be. */
class Members {
  readonly #values: Readonly<Record<string, unknown>>;

  private constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  static of(value: unknown, what: string): Members {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(`${what} is no object`);
    }
    return new Members(value as Readonly<Record<string, unknown>>);
  }

  isNull(name: string): boolean {
    return this.#values[name] === null;
  }

  text(name: string, shape = /./): string {
    const value = this.#values[name];
    if (typeof value === 'string' && shape.test(value)) return value;
    throw malformed(`${name} is not the text that it should be`);
  }

  count(name: string, least: number): number {
    const value = this.#values[name];
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw malformed(`${name} is no whole number from ${least}`);
  }

  flag(name: string): boolean {
    const value = this.#values[name];
    if (typeof value === 'boolean') return value;
    throw malformed(`${name} is neither true nor false`);
  }

  in(name: string): Members {
    return Members.of(this.#values[name], name);
  }

  list<T>(name: string, read: (members: Members) => T): T[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw malformed(`${name} is no list`);
    return value.map((each) => read(Members.of(each, name)));
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw malformed('it is no JSON', cause);
  }
}

function malformed(reason: string, cause?: unknown): HubError {
  return new HubError('LOG_ENTRY_MALFORMED', `not an entry of this log: ${reason}`, { cause });
}
