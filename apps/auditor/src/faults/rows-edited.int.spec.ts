import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCopy } from '#audit';
import { HubError } from '#errors';
import { VerifierPool } from '#evidence';
import { copyDatabase } from '#testing';
import { parseTilePath, quorumPolicy, type ReadLogFile } from '#tlog';
import { aFolder } from '../files/log-folders.fixture.ts';
import { LogInstance } from '../log-database.fixture.ts';
import { integrate } from '../log/integrate.ts';
import { ReadLogFiles } from '../served/read-log-files.ts';
import { LogOfProcesses } from './log-processes.fixture.ts';

/** Sizes at which the log has published: the smaller one is what an old copy has. */
const [OLD, NEW] = [200, 300];
const verifier = new VerifierPool({ threads: 0 });
const closing: (() => Promise<unknown>)[] = [() => verifier.close()];

let original: LogOfProcesses;
/** As somebody kept it, with nothing else of the log. */
let kept: Buffer;

beforeAll(async () => {
  original = await LogOfProcesses.open();
  closing.push(() => original.close());
  for (const size of [OLD, NEW]) {
    await original.admit(size - original.admitted);
    await original.integrate();
  }
  const [row] = await original.log.rows<{ note: Buffer }>('select note from checkpoint where size = $1', [
    NEW,
  ]);
  kept = row!.note;
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

/** The log's files as the auditor serves them of these tables. */
function served(log: LogInstance): ReadLogFile {
  const files = new ReadLogFiles(log.work);
  return async (path) => {
    if (path === 'checkpoint') return await files.checkpoint();
    if (!path.startsWith('tile/')) return undefined;
    try {
      const resource = parseTilePath(path);
      return await (resource.kind === 'entries' ? files.bundle(resource) : files.hashTile(resource));
    } catch (error) {
      if (error instanceof HubError && error.code === 'LOG_TILE_MISSING') return undefined;
      throw error;
    }
  };
}

/** What the database itself refuses, the writer calls `LOG_STATE_DAMAGED`. */
const codeOf = (error: unknown) => (error instanceof HubError ? error.code : 'LOG_STATE_DAMAGED');

/** What `audit verify` finds in what is served, or why there is nothing to verify. */
async function found(log: LogInstance): Promise<readonly string[] | string> {
  try {
    const { findings } = await verifyCopy({
      ...{ read: served(log), root: null, workFolder: aFolder(), verifier },
      policy: quorumPolicy(log.signer.verifier, [], 0),
      earlier: [{ from: 'somebody', note: kept }],
      now: () => new Date(),
    });
    return Object.keys(findings.byCode);
  } catch (error) {
    return codeOf(error);
  }
}

/** What becomes of the next append: the code that stops it, or null. */
async function appended(log: LogInstance): Promise<unknown> {
  await log.wait(1);
  return await log.work.run((tx) => integrate(tx, log.signer)).then(() => null, codeOf);
}

describe('a row of the log that somebody has edited', () => {
  it.each<[string, readonly string[], readonly string[] | string, string | null]>([
    ['nothing', [], [], null],
    [
      'an entry',
      [`update log_entry set entry = entry || ' ' where id = (select entry from log_leaf where index = 3)`],
      // It is not given out at all: whoever reads a bundle keeps it for ever.
      'LOG_STATE_DAMAGED',
      null,
    ],
    [
      'an entry, and the hash of its leaf',
      [
        `update log_entry set entry = entry || ' ' where id = (select entry from log_leaf where index = 3)`,
        `update log_leaf l set hash = sha256('\\x00'::bytea || e.entry) from log_entry e where e.id = l.entry`,
      ],
      ['LOG_TILE_INVALID'],
      null,
    ],
    [
      'a hash at the edge of the tree',
      [`update node_hash set hash = sha256('other') where level = 8`],
      ['LOG_TILE_INVALID'],
      'LOG_STATE_DAMAGED',
    ],
    [
      'the places of two leaves',
      [
        'update log_leaf set index = 1000 where index = 3',
        'update log_leaf set index = 3 where index = 4',
        'update log_leaf set index = 4 where index = 1000',
      ],
      ['LOG_TILE_INVALID'],
      null,
    ],
    ['a leaf, which is gone', ['delete from log_leaf where index = 3'], 'LOG_STATE_DAMAGED', null],
    [
      'the newest checkpoint, which is gone',
      [`delete from checkpoint where size = ${NEW}`],
      ['AUDIT_LOG_SHORTER'],
      'LOG_STATE_DAMAGED',
    ],
    [
      'the newest checkpoint, which is an old one',
      [`update checkpoint set note = (select note from checkpoint where size = ${OLD}) where size = ${NEW}`],
      ['AUDIT_LOG_SHORTER'],
      null,
    ],
    [
      'the text of the newest checkpoint',
      [
        `update checkpoint set note = convert_to(replace(convert_from(note, 'UTF8'), E'\\n${NEW}\\n', E'\\n301\\n'), 'UTF8')
         where size = ${NEW}`,
      ],
      ['LOG_SIGNATURE_INVALID'],
      null,
    ],
    [
      'the root of the newest checkpoint',
      [`update checkpoint set root = sha256('other') where size = ${NEW}`],
      [],
      'LOG_STATE_DAMAGED',
    ],
  ])('%s: is found by the next reader, or stops the next append', async (_, edits, finds, stops) => {
    const log = await LogInstance.open(await copyDatabase(original.log.url), original.log.signer);
    closing.push(() => log.close());
    for (const edit of edits) await log.rows(edit);
    expect(await found(log)).toEqual(finds);
    expect(await appended(log)).toBe(stops);
  });
});
