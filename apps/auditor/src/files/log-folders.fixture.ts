/** Folders for the specs, and disks on which something happens. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import {
  recomputeLog,
  verifyCheckpoint,
  VerifiedTiles,
  type NoteVerifier,
  type VerifiedCheckpoint,
} from '#tlog';
import { DISK, type Disk } from './disk.ts';

/** A new folder, gone with the spec. */
export function aFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'log-'));
  afterAll(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** The paths of the log's files in a folder, sorted. */
export function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('.') && statSync(join(root, path)).isFile())
    .toSorted();
}

/** Reads a folder as a stranger does who has nothing but the log's key: every hash again, up to the signed root. */
export async function verifyFolder(root: string, key: NoteVerifier): Promise<VerifiedCheckpoint> {
  const read = (path: string): Promise<Buffer | undefined> => DISK.read(join(root, path));
  const head = verifyCheckpoint(await readFile(join(root, 'checkpoint')), key);
  let entries = 0;
  for await (const bundle of recomputeLog(head, read)) entries += bundle.entries.length;
  expect(entries).toBe(head.size);
  return head;
}

/** The tiles of an earlier checkpoint are still there, or those that begin with them. */
export async function verifyHead(root: string, head: VerifiedCheckpoint): Promise<void> {
  const tiles = await VerifiedTiles.open(head, (path) => DISK.read(join(root, path)));
  if (head.size > 0) await tiles.entries(Math.floor((head.size - 1) / 256));
}

/** The power goes at a step: a file is half written, anything else just done. Nothing is done after that. */
export class DyingDisk implements Disk {
  #left: number;
  readonly #root: string;
  /** What was done, for whoever wonders at which step it ended. */
  readonly steps: string[] = [];

  constructor(root: string, steps: number) {
    this.#root = root;
    this.#left = steps;
  }

  get isDead(): boolean {
    return this.#left < 0;
  }

  makeFolder(path: string): Promise<void> {
    return this.#step('makeFolder', path, () => DISK.makeFolder(path));
  }

  write(path: string, bytes: Buffer): Promise<void> {
    const half = (): Promise<void> => DISK.write(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    return this.#step('write', path, () => DISK.write(path, bytes), half);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step('rename', to, () => DISK.rename(from, to));
  }

  syncFolder(path: string): Promise<void> {
    return this.#step('syncFolder', path, () => DISK.syncFolder(path));
  }

  remove(path: string): Promise<void> {
    return this.#step('remove', path, () => DISK.remove(path));
  }

  read(path: string): Promise<Buffer | undefined> {
    return DISK.read(path);
  }

  async #step(what: string, path: string, done: () => Promise<void>, within = done): Promise<void> {
    if (this.isDead) throw new Error('the power is gone');
    this.#left -= 1;
    this.steps.push(`${what} ${relative(this.#root, path)}`);
    if (this.#left >= 0) return done();
    await within();
    throw new Error('the power went');
  }
}

/** Fails where it is told to, with the system's code: a file is half written then, anything else not done. It goes on after that. */
export class FailingDisk implements Disk {
  readonly #troubleAt: () => string | null;
  /** What kind of step has failed last; null while none has. */
  failed: string | null = null;

  /** @param troubleAt asked at each step: the code that it fails with, or null */
  constructor(troubleAt: () => string | null) {
    this.#troubleAt = troubleAt;
  }

  makeFolder(path: string): Promise<void> {
    return this.#step('makeFolder', () => DISK.makeFolder(path));
  }

  write(path: string, bytes: Buffer): Promise<void> {
    const half = (): Promise<void> => DISK.write(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    return this.#step('write', () => DISK.write(path, bytes), half);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step('rename', () => DISK.rename(from, to));
  }

  syncFolder(path: string): Promise<void> {
    return this.#step('syncFolder', () => DISK.syncFolder(path));
  }

  remove(path: string): Promise<void> {
    return this.#step('remove', () => DISK.remove(path));
  }

  read(path: string): Promise<Buffer | undefined> {
    return DISK.read(path);
  }

  async #step(what: string, done: () => Promise<void>, before?: () => Promise<void>): Promise<void> {
    const code = this.#troubleAt();
    if (code === null) return done();
    this.failed = what;
    await before?.();
    throw Object.assign(new Error(`${code}: the disk fails`), { code });
  }
}
