/**
 * The export once more, as somebody has altered it who has not the log's key, or who has it: drawn from the seed, and every one
 * has to be found.
 */
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { folderCopy, verifyFolder } from '#audit';
import { HubError } from '#errors';
import {
  bundlesOfGrowth,
  entriesPath,
  formatBundle,
  leafHash,
  quorumPolicy,
  signCheckpoint,
  TILE_WIDTH,
  TileEdge,
  tilePath,
  verifyCheckpoint,
  VerifiedTiles,
  type NoteSigner,
} from '#tlog';
import type { Random } from '../random.ts';
import type { SeenCheckpoints } from './seen-checkpoints.ts';

/** How many of each kind are made; each is verified whole. */
const OF_EACH = 3;

export interface ExportedCopy {
  readonly folder: string;
  readonly signer: NoteSigner;
  /** Fingerprint of the registry's root. */
  readonly root: string;
  /** What was seen of the log, the newest that the export has among it. */
  readonly earlier: ReturnType<SeenCheckpoints['all']>;
}

interface Altered {
  /** What was done, in words. */
  readonly what: string;
  /** Findings of which one has to be there; undefined: any. */
  readonly codes?: readonly string[];
  readonly folder: string;
}

/** @returns the alterations that nobody found, in words */
export async function alterationsNotFound(copy: ExportedCopy, random: Random): Promise<string[]> {
  const missed: string[] = [];
  for (let n = 0; n < OF_EACH; n += 1) {
    for (const alter of [alteredFile, signedAnew]) {
      const folder = `${copy.folder}-altered`;
      await cp(copy.folder, folder, { recursive: true });
      const { what, codes } = await alter({ ...copy, folder }, random);
      const found = await findings({ ...copy, folder });
      const isFound = codes === undefined ? found.length > 0 : codes.some((code) => found.includes(code));
      if (!isFound)
        missed.push(`nobody finds in a copy of the log that ${what} (${found.join(', ') || 'nothing'})`);
      for (const each of [folder, `${folder}-state`]) await rm(each, { recursive: true, force: true });
    }
  }
  return missed;
}

/** Codes of what whoever has seen the log before finds in the copy, and asks no witness. */
async function findings({ folder, signer, root, earlier }: ExportedCopy): Promise<string[]> {
  try {
    const report = await verifyFolder({
      ...{ folder, root, earlier, stateFolder: `${folder}-state` },
      policy: quorumPolicy(signer.verifier, [], 0),
      now: () => new Date(),
    });
    return Object.keys(report.findings.byCode);
  } catch (error) {
    if (error instanceof HubError) return [error.code];
    throw error;
  }
}

/** A tile or a bundle is lost, cut, or other by one bit; or a pack of the archive is lost. */
async function alteredFile({ folder }: ExportedCopy, random: Random): Promise<Omit<Altered, 'folder'>> {
  const paths = await filesBelow(folder, ['tile', 'archive']);
  const path = random.pick(paths);
  const file = join(folder, path);
  const bytes = await readFile(file);
  // A pack is compressed: not every bit of it is looked at.
  const how = path.startsWith('archive/') ? 'lost' : random.pick(['lost', 'cut', 'other']);
  if (how === 'lost') {
    await rm(file);
  } else if (how === 'cut') {
    await truncate(file, random.between(0, bytes.length - 1));
  } else {
    const at = random.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7));
    await writeFile(file, bytes);
  }
  return { what: `${path} is ${how}` };
}

/** The log's own key over other leaves: tiles and checkpoint are in order by themselves. */
async function signedAnew(copy: ExportedCopy, random: Random): Promise<Omit<Altered, 'folder'>> {
  const { folder, signer } = copy;
  const entries = await entriesOf(copy);
  const last = entries.length - 1;
  const at = random.between(0, last - 1);
  const [one, next] = [entries[at]!, entries[at + 1]!];
  const { what, leaves, code } = random.pick([
    { what: `entry ${at} is gone`, leaves: entries.toSpliced(at, 1), code: 'AUDIT_LOG_SHORTER' },
    { what: `it ends before entry ${at + 1}`, leaves: entries.slice(0, at + 1), code: 'AUDIT_LOG_SHORTER' },
    {
      what: `its checkpoint of ${entries.length} leaves has another root, for entries ${at} and ${at + 1} have changed places`,
      leaves: entries.toSpliced(at, 2, next, one),
      code: 'AUDIT_LOG_FORKED',
    },
    {
      what: `an entry was put in before entry ${at}`,
      leaves: entries.toSpliced(at, 0, next),
      code: 'LOG_CONSISTENCY_INVALID',
    },
  ]);
  // Without the documents, which nobody needs to find it.
  for (const name of ['tile', 'archive', 'export.json']) await rm(join(folder, name), { recursive: true });
  for (const [path, bytes] of filesOf(leaves, signer)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return { what, codes: [code] };
}

function* filesOf(entries: readonly Buffer[], signer: NoteSigner): Generator<[string, Buffer]> {
  const edge = TileEdge.empty();
  for (const { tile, bytes } of edge.grow(entries.map((entry) => leafHash(entry))))
    yield [tilePath(tile), bytes];
  for (const bundle of bundlesOfGrowth(0, entries.length)) {
    const from = bundle.index * TILE_WIDTH;
    yield [entriesPath(bundle), formatBundle(entries.slice(from, from + bundle.width))];
  }
  const { name: origin } = signer.verifier;
  yield ['checkpoint', signCheckpoint({ origin, size: entries.length, root: edge.root() }, signer)];
}

async function entriesOf({ folder, signer }: ExportedCopy): Promise<Buffer[]> {
  const read = folderCopy(folder);
  const head = verifyCheckpoint((await read('checkpoint')) ?? Buffer.alloc(0), signer.verifier);
  const tiles = await VerifiedTiles.open(head, read);
  const bundles = Array.from({ length: Math.ceil(head.size / TILE_WIDTH) }, (_, n) => tiles.entries(n));
  return (await Promise.all(bundles)).flat();
}

/** Paths from the folder, in an order that does not depend on the disk. */
async function filesBelow(folder: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    }),
  );
  return found.flat().toSorted();
}
