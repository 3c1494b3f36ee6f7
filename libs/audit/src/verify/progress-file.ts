/** Where an interrupted verification has got to, so that the next one goes on from there. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TileEdge, TreeHead } from '#tlog';
import { writeWhole } from '../disk/whole-file.ts';
import { edgeOf, storeEdge, type StoredEdge } from '../state/stored-edge.ts';
import type { AnchoredUntil } from './access-times.ts';
import type { Awaiting } from './awaiting.ts';
import type { FoundSoFar } from './findings.ts';
import type { OrderFiles } from './leaf-order.ts';
import type { LeafCounts } from './leaves.ts';

const FORMAT = 'reset-hub/audit-progress@v1';
const NAME = 'progress.json';

/** Everything that a run has come to know of the leaves before `edge.size`. */
export interface Progress {
  readonly edge: TileEdge;
  /** Of the files that were read so far, see `Stamps`. */
  readonly stamp: string;
  readonly findings: FoundSoFar;
  readonly counts: LeafCounts;
  readonly order: { readonly files: OrderFiles; readonly newest: number };
  /** Absent in a file of the version before. */
  readonly accesses?: AnchoredUntil;
  /** Null if there is no registry to judge signers by. */
  readonly signers: { readonly arrival: number; readonly awaiting: ReturnType<Awaiting['soFar']> } | null;
}

interface Stored extends Omit<Progress, 'edge'> {
  readonly format: string;
  /** Which log, which checkpoint and which settings it is of. */
  readonly of: string;
  readonly edge: StoredEdge;
}

/** Keeps progress whole: a reader finds the one before, or this one. @throws the system's errors */
export async function saveProgress(folder: string, of: string, { edge, ...rest }: Progress): Promise<void> {
  const stored: Stored = { format: FORMAT, of, edge: storeEdge(edge), ...rest };
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, NAME), JSON.stringify(stored));
}

/**
 * What was kept, if it is of the same log, checkpoint and settings, and whole; undefined otherwise. It is this program's
 * own file: whoever can write it can also replace the program.
 */
export async function loadProgress(folder: string, of: string): Promise<Progress | undefined> {
  try {
    const stored = JSON.parse(await readFile(join(folder, NAME), 'utf8')) as Stored;
    if (stored.format !== FORMAT || stored.of !== of) return undefined;
    return { ...stored, edge: edgeOf(stored.edge) };
  } catch {
    // A run that cannot go on begins anew: nothing is lost but time.
    return undefined;
  }
}

export async function removeProgress(folder: string): Promise<void> {
  await rm(join(folder, NAME), { force: true });
}

/** What goes into `of`. */
export function runOf(head: TreeHead, vkey: string, settings: unknown): string {
  return JSON.stringify([vkey, head.size, head.root.toString('base64'), settings]);
}
