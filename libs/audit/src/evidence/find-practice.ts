import { parseEvent } from '#contracts';
import { HubError } from '#errors';
import { readLogEntry, TILE_WIDTH, type LogEntry, type ReadLogFile, type TreeHead } from '#tlog';
import { entriesInCopy } from '../copy/entries-in-copy.ts';
import { packOf, requireSame, signedBytes } from '../copy/records.ts';
import { includes, type PracticeChoice } from '../replay/practice-choice.ts';
import type { EvidenceSource } from './evidence-source.ts';

interface Copy {
  readonly read: ReadLogFile;
  readonly head: TreeHead;
}

/**
 * Which practice of a copy somebody means. A CUI is in no entry of the log: it is looked for in the signed filings of its
 * owner, as far as the copy has them, all of the archive through.
 * @param onProgress told of how many entries were looked at
 * @throws HubError `PRACTICE_NOT_FOUND`, `PRACTICE_AMBIGUOUS`, `LOG_TILE_INVALID`, `LOG_BYTES_DIFFER`, `LOG_PACK_MALFORMED`
 */
export async function practiceInCopy(
  copy: Copy,
  choice: PracticeChoice,
  onProgress?: (done: number) => void,
): Promise<EvidenceSource['practice']> {
  const { owner, uuid, cui } = choice;
  if (owner !== undefined && uuid !== undefined) return { owner, uuid };
  const found = new Map<string, EvidenceSource['practice']>();
  for await (const practice of cui === undefined
    ? ofId(copy, uuid ?? '', choice, onProgress)
    : ofCui(copy, cui, choice, onProgress))
    found.set(`${practice.owner.toLowerCase()}/${practice.uuid}`, practice);
  const [only, ...others] = found.values();
  const name = cui ?? uuid ?? '';
  if (only === undefined)
    throw new HubError('PRACTICE_NOT_FOUND', `nothing that this copy has is of a practice ${name}`);
  if (others.length > 0)
    throw new HubError('PRACTICE_AMBIGUOUS', `${name} is of ${[...found.keys()].join(' and ')}`);
  return only;
}

async function* ofId(
  { read, head }: Copy,
  uuid: string,
  choice: PracticeChoice,
  onProgress: ((done: number) => void) | undefined,
): AsyncGenerator<EvidenceSource['practice']> {
  for await (const { entry } of entriesInCopy(read, head, onProgress)) {
    if (!entry.includes(uuid)) continue;
    const { practice } = readLogEntry(entry);
    if (practice !== null && includes(choice, practice)) yield practice;
  }
}

async function* ofCui(
  { read, head }: Copy,
  cui: string,
  choice: PracticeChoice,
  onProgress: ((done: number) => void) | undefined,
): AsyncGenerator<EvidenceSource['practice']> {
  let filings: { readonly index: number; readonly leaf: LogEntry }[] = [];
  for await (const { index, entry } of entriesInCopy(read, head, onProgress)) {
    if (entry.includes('"type":"practice.filed"')) {
      const leaf = readLogEntry(entry);
      if (leaf.kind === 'event' && includes(choice, leaf.practice)) filings.push({ index, leaf });
    }
    const isLast = index % TILE_WIDTH === TILE_WIDTH - 1 || index === head.size - 1;
    if (!isLast) continue;
    yield* filedAs(cui, filings, { read, head });
    filings = [];
  }
}

/** Of some filings of one bundle those that have that CUI. */
async function* filedAs(
  cui: string,
  filings: readonly { readonly index: number; readonly leaf: LogEntry }[],
  { read, head }: Copy,
): AsyncGenerator<EvidenceSource['practice']> {
  const [first] = filings;
  if (first === undefined) return;
  const bundle = Math.floor(first.index / TILE_WIDTH);
  const address = { index: bundle, width: Math.min(TILE_WIDTH, head.size - bundle * TILE_WIDTH) };
  const known = new Map(filings.map((filing) => [filing.index, filing]));
  let place = bundle * TILE_WIDTH;
  for await (const signed of signedBytes(address, await packOf(address, read), { atOnce: true })) {
    const filing = known.get(place);
    place += 1;
    if (filing === undefined || signed?.includes(cui) !== true) continue;
    requireSame(filing.index, filing.leaf, signed);
    const { owner, uuid, cui: own } = parseEvent(signed).practice;
    if (own === cui) yield { owner, uuid };
  }
}
