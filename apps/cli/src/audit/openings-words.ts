/** Who has opened a practice, for people: a line for each reader and day, however often he has read. */
import type { Language } from '#errors';
import { MOST, type Opening, type Openings } from './read-accesses.ts';

const WORDS = {
  it: {
    notHere:
      'Non è nella copia: il registro ha solo numero e radice degli accessi; chi sono lo sanno i nodi (access list --at <ente>).',
    notKnown: (node: string, code: string) => `${node}: non noto (${code})`,
    nobodyYet: (node: string) => `${node}: nessuno finora`,
    times: (count: number) => (count === 1 ? '1 lettura' : `${count} letture`),
    more: (node: string) => `${node}: sono mostrate le prime ${MOST} letture (access list --at ${node})`,
  },
  en: {
    notHere:
      'Not in the copy: the log has number and root of the accesses only; who they are the nodes know (access list --at <authority>).',
    notKnown: (node: string, code: string) => `${node}: not known (${code})`,
    nobodyYet: (node: string) => `${node}: nobody so far`,
    times: (count: number) => (count === 1 ? '1 read' : `${count} reads`),
    more: (node: string) => `${node}: the first ${MOST} reads are shown (access list --at ${node})`,
  },
} as const;

/** Of a reader’s reasons so many are told. */
const MOST_PURPOSES = 3;
/** An access of a partner's own system is one of a day in Italy: the same day is shown. */
const DAY = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Rome' });

/** @param opened null: the copy that is read does not tell */
export function openingsInWords(opened: readonly Openings[] | null, language: Language): string {
  if (opened === null) return `  ${WORDS[language].notHere}`;
  return opened
    .flatMap((one) => atNode(one, language))
    .map((line) => `  ${line}`)
    .join('\n');
}

function atNode({ node, accesses, unknown }: Openings, language: Language): string[] {
  const words = WORDS[language];
  if (unknown !== null) return [words.notKnown(node, unknown.code)];
  if (accesses.length === 0) return [words.nobodyYet(node)];
  const lines = [...byReaderAndDay(accesses).values()].map(
    (reads) => `${node}: ${readsInWords(reads, language)}`,
  );
  return accesses.length < MOST ? lines : [...lines, words.more(node)];
}

/** In the order of each one's first read. */
function byReaderAndDay(accesses: readonly Opening[]): Map<string, Opening[]> {
  const groups = new Map<string, Opening[]>();
  for (const access of accesses) {
    const { tokenId, operator } = access.by;
    const key = JSON.stringify([dayOf(access), tokenId, operator]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [access]);
    else group.push(access);
  }
  return groups;
}

function readsInWords(reads: readonly Opening[], language: Language): string {
  const [first] = reads;
  if (first === undefined) return '';
  const { operator, label, tokenId } = first.by;
  const kinds = new Map<string, number>();
  for (const { what } of reads) kinds.set(what.kind, (kinds.get(what.kind) ?? 0) + 1);
  const what = [...kinds].map(([kind, count]) => (count === 1 ? kind : `${kind} ×${count}`)).join(', ');
  const purposes = [...new Set(reads.flatMap(({ purpose }) => (purpose === null ? [] : [purpose])))];
  const why = purposes.slice(0, MOST_PURPOSES).join('; ') + (purposes.length > MOST_PURPOSES ? '; …' : '');
  const said = why === '' ? '' : ` (${why})`;
  const count = WORDS[language].times(reads.length);
  return `${dayOf(first)}, ${operator ?? label ?? tokenId}, ${count}: ${what}${said}`;
}

function dayOf({ at }: Opening): string {
  return DAY.format(new Date(at));
}
