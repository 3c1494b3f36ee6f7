import { readLogEntry, type LogEntry, type ReadLogFile, type TreeHead } from '#tlog';
import { entriesInCopy } from '../copy/entries-in-copy.ts';
import { readRecords, type LogRecord } from '../copy/records.ts';
import type { SoughtEvent } from './explain-event.ts';

/**
 * All that a copy of the log has of an event's practice, in its order; nothing if it does not have the event. Every entry
 * has to lead to the signed root; parsed are those that name the event or the practice, and of the archive only what is
 * needed is read.
 * @param onProgress told of how many entries are read, and of how many: each is read twice
 * @throws HubError `LOG_TILE_INVALID`, and those of `readRecords`
 */
export async function trailInCopy(
  read: ReadLogFile,
  head: TreeHead,
  { eventId, author }: SoughtEvent,
  onProgress?: (done: number, of: number) => void,
): Promise<LogRecord[]> {
  const isSought = (leaf: LogEntry): boolean =>
    leaf.kind === 'event' &&
    leaf.eventId === eventId &&
    (author === undefined || leaf.author.toLowerCase() === author.toLowerCase());
  const sought = new Set<string>();
  const uuids = new Set<string>();
  const tell = (done: number): void => onProgress?.(done, 2 * head.size);
  for await (const { leaf } of entriesWith([eventId], { read, head, tell })) {
    if (!isSought(leaf)) continue;
    sought.add(practiceOf(leaf));
    uuids.add(leaf.practice?.uuid ?? '');
  }
  if (sought.size === 0) return [];
  const records: LogRecord[] = [];
  const tellAgain = (done: number): void => {
    tell(head.size + done);
  };
  for await (const { index, leaf } of entriesWith([...uuids], { read, head, tell: tellAgain })) {
    if (!sought.has(practiceOf(leaf))) continue;
    const range = { from: index, to: index + 1, size: head.size };
    for await (const record of readRecords(read, range)) records.push(record);
  }
  return records;
}

interface WholeLog {
  readonly read: ReadLogFile;
  readonly head: TreeHead;
  readonly tell: (done: number) => void;
}

/** Entries that have one of these ids in them, wherever it stands: in canonical JSON an id has one spelling. */
async function* entriesWith(
  ids: readonly string[],
  { read, head, tell }: WholeLog,
): AsyncGenerator<{ readonly index: number; readonly leaf: LogEntry }> {
  for await (const { index, entry } of entriesInCopy(read, head, tell))
    if (ids.some((id) => entry.includes(id))) yield { index, leaf: readLogEntry(entry) };
}

function practiceOf({ practice }: LogEntry): string {
  return practice === null ? '' : `${practice.owner.toLowerCase()}/${practice.uuid}`;
}
