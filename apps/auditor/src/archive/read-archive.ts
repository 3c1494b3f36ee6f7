import { createHash } from 'node:crypto';
import type { AccessLog, Reader } from '#access-log';
import { HubError } from '#errors';
import type { Tx, UnitOfWork } from '#persistence';
import { TILE_WIDTH } from '#tlog';
import { requirePart, type LoggedPractice } from '../proofs/require-part.ts';
import { damaged } from './archived-leaf.ts';
import { findSigned, type FoundSigned } from './find-signed.ts';
import { loadPack, unpack } from './load-signed-bytes.ts';

/** What was logged, to the byte as it was signed, each document by its digest. */
export class ReadArchive {
  readonly #work: UnitOfWork;
  readonly #accesses: AccessLog;

  constructor(work: UnitOfWork, accesses: AccessLog) {
    this.#work = work;
    this.#accesses = accesses;
  }

  /**
   * Signed bytes by their digest.
   * @param sha256 lower hex
   * @param member IPA code of the member that asks, which must have written it or take part in the practice; null for
   *   whoever may read all
   * @param reader who asks by a token; null for a member
   * @throws HubError `ARCHIVE_NOT_FOUND`, `NOT_A_PARTICIPANT`, `LOG_STATE_DAMAGED`
   */
  item(sha256: string, member: string | null = null, reader: Reader | null = null): Promise<Buffer> {
    return this.#work.answer(async (tx) => {
      const [found] = await findSigned(tx, [sha256]);
      if (found === undefined)
        throw new HubError('ARCHIVE_NOT_FOUND', `nothing archived has digest ${sha256}`);
      if (member !== null) await requireReader(tx, member, found);
      await this.#accesses.note(tx, reader, { kind: 'archived', practice: practiceOf(found), id: sha256 });
      const bytes = await loadItem(tx, found);
      if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
      throw damaged(`what is archived as ${sha256} was altered`);
    });
  }
}

async function requireReader(tx: Tx, member: string, { leaf }: FoundSigned): Promise<void> {
  if (leaf?.author.toLowerCase() === member.toLowerCase()) return;
  // What the registry says it says to every member.
  if (leaf?.kind === 'registry') return;
  await requirePart(tx, member, practiceOf({ leaf }));
}

function practiceOf({ leaf }: Pick<FoundSigned, 'leaf'>): LoggedPractice | null {
  const { owner = null, uuid = null } = leaf ?? {};
  return owner === null || uuid === null ? null : { owner, uuid };
}

async function loadItem(tx: Tx, { sha256, pack, index }: FoundSigned): Promise<Buffer> {
  if (pack === null) {
    const [row] = await tx.prepared<{ bytes: Buffer | null }>(
      `select bytes from archived where sha256 = decode($1, 'hex')`,
      [sha256],
    );
    if (row?.bytes) return row.bytes;
  } else {
    const packed = await loadPack(tx, pack);
    const items = packed === undefined ? [] : await unpack(packed, pack);
    const item = items[(index ?? 0) - pack * TILE_WIDTH];
    if (item) return item;
  }
  throw damaged(`the signed bytes ${sha256} have gone`);
}
