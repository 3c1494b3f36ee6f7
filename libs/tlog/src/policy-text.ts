/** Policies as text (c2sp.org/tlog-policy): the file that other verifiers read, too. */
import type { KnownLog } from './checkpoint.ts';
import { hasControlCharacter } from './control-characters.ts';
import { parseWitnessVkey } from './cosignature.ts';
import { parseVkey, type NoteVerifier } from './note-key.ts';
import { policyError, type PolicyGroup, type PolicyWitness, type TrustPolicy } from './witness-policy.ts';

/** A policy larger than this is refused. Bytes; the 32 logs, witnesses and groups of the specification take less. */
export const MAX_POLICY_BYTES = 64 * 1024;

type Member = PolicyWitness | PolicyGroup;

/** What has been read so far. Names are octets, kept as Latin-1 so that none of them fall together. */
interface Draft {
  readonly logs: NoteVerifier[];
  readonly members: Map<string, Member>;
  readonly inGroups: Set<string>;
  quorum: Member | null | undefined;
}

/**
 * Reads a policy.
 * @throws HubError `LOG_POLICY_MALFORMED` with the number of the line
 */
export function parsePolicy(bytes: Buffer): TrustPolicy {
  if (bytes.length > MAX_POLICY_BYTES) throw policyError(`larger than ${MAX_POLICY_BYTES} bytes`);
  const lines = bytes.toString('latin1').split('\n');
  if (lines.pop() !== '') throw policyError('the last line does not end');
  const draft: Draft = { logs: [], members: new Map(), inGroups: new Set(), quorum: undefined };
  lines.forEach((line, i) => {
    try {
      readLine(line, draft);
    } catch (cause) {
      throw policyError(`line ${i + 1}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
  });
  if (draft.quorum === undefined) throw policyError('it has no quorum line');
  return {
    logs: byOrigin(draft.logs),
    witnesses: [...draft.members.values()].filter((member) => member.kind === 'witness'),
    quorum: draft.quorum,
  };
}

/**
 * Writes a policy, each group behind its members.
 * @throws HubError `LOG_POLICY_MALFORMED` if its names do not make one: two that are the same, or one with a space
 */
export function formatPolicy({ logs, witnesses, quorum }: TrustPolicy): Buffer {
  const lines = logs.flatMap(({ keys }) => keys.map(({ vkey }) => `log ${vkey}`));
  for (const { name, verifier, url } of witnesses) {
    lines.push(`witness ${name} ${verifier.vkey}${url === null ? '' : ` ${url}`}`);
  }
  if (quorum !== null) lines.push(...groupLines(quorum));
  lines.push(`quorum ${quorum?.name ?? 'none'}`, '');
  const bytes = Buffer.from(lines.join('\n'), 'utf8');
  parsePolicy(bytes);
  return bytes;
}

function groupLines(member: Member): string[] {
  if (member.kind === 'witness') return [];
  const names = member.members.map(({ name }) => name).join(' ');
  return [...member.members.flatMap(groupLines), `group ${member.name} ${member.threshold} ${names}`];
}

function readLine(line: string, draft: Draft): void {
  if (hasControlCharacter(line, '\t') || line.includes('\x7f')) throw new Error('a control character');
  const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
  if (keyword === undefined || keyword.startsWith('#')) return;
  switch (keyword) {
    case 'log':
      readLog(words, draft);
      return;
    case 'witness':
      readWitness(words, draft);
      return;
    case 'group':
      readGroup(words, draft);
      return;
    case 'quorum':
      readQuorum(words, draft);
      return;
    default:
      throw new Error(`${utf8(keyword)} is not log, witness, group or quorum`);
  }
}

function readLog(words: readonly string[], { logs }: Draft): void {
  const [vkey] = words;
  if (vkey === undefined || words.length > 2) throw new Error('a log line is: log <vkey> [<url>]');
  const verifier = parseVkey(utf8(vkey));
  if (logs.some((known) => known.publicKey.equals(verifier.publicKey))) {
    throw new Error('a second log with this key');
  }
  logs.push(verifier);
}

function readWitness(words: readonly string[], { members }: Draft): void {
  const [name, vkey, url] = words;
  if (name === undefined || vkey === undefined || words.length > 3) {
    throw new Error('a witness line is: witness <name> <vkey> [<url>]');
  }
  const verifier = parseWitnessVkey(utf8(vkey));
  for (const known of members.values()) {
    if (known.kind === 'witness' && known.verifier.publicKey.equals(verifier.publicKey)) {
      throw new Error('a second witness with this key');
    }
  }
  define(
    name,
    { kind: 'witness', name: utf8(name), verifier, url: url === undefined ? null : utf8(url) },
    members,
  );
}

function readGroup(words: readonly string[], { members, inGroups }: Draft): void {
  const [name, count, ...names] = words;
  if (name === undefined || count === undefined || names.length === 0) {
    throw new Error('a group line is: group <name> <all|any|number> <name>...');
  }
  const threshold = thresholdOf(count, names.length);
  const found = names.map((member) => {
    // Once in all groups together, so that no witness counts in two ways.
    if (inGroups.has(member)) throw new Error(`${utf8(member)} is a group's member already`);
    inGroups.add(member);
    return defined(member, members);
  });
  define(name, { kind: 'group', name: utf8(name), threshold, members: found }, members);
}

function readQuorum(words: readonly string[], draft: Draft): void {
  const [name] = words;
  if (name === undefined || words.length > 1) throw new Error('a quorum line is: quorum <name>');
  if (draft.quorum !== undefined) throw new Error('a second quorum line');
  draft.quorum = name === 'none' ? null : defined(name, draft.members);
}

function thresholdOf(count: string, members: number): number {
  if (count === 'all') return members;
  if (count === 'any') return 1;
  const threshold = /^[1-9][0-9]{0,5}$/.test(count) ? Number(count) : 0;
  if (threshold < 1 || threshold > members) throw new Error(`${utf8(count)} of ${members} is no threshold`);
  return threshold;
}

function define(name: string, member: Member, members: Map<string, Member>): void {
  if (name === 'none' || members.has(name)) throw new Error(`the name ${utf8(name)} is taken`);
  members.set(name, member);
}

function defined(name: string, members: ReadonlyMap<string, Member>): Member {
  const member = members.get(name);
  if (member === undefined) throw new Error(`no line before this one defines ${utf8(name)}`);
  return member;
}

function byOrigin(keys: readonly NoteVerifier[]): KnownLog[] {
  const groups = Map.groupBy(keys, ({ name }) => name);
  return [...groups].map(([origin, ofOrigin]) => ({ origin, keys: ofOrigin }));
}

function utf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8');
}
