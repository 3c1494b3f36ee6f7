/**
 * Every checkpoint that the log has shown to somebody who asked for it all along: the log has to continue each of them, and
 * of each that is in the folder the tiles have to be there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { folderCopy } from '#audit';
import { HubError } from '#errors';
import { parseVkey, verifyCheckpoint, VerifiedTiles } from '#tlog';
import { logFolder } from '../network/fault-node.ts';
import type { FaultNetwork } from '../network/fault-network.ts';

const LOOK_MS = 250;
const ANSWER_MS = 1_000;

export class SeenCheckpoints {
  /** Where each was seen first, by its text. */
  readonly #notes = new Map<string, string>();
  /** Those of the folder whose tiles were looked at, and what was wrong with them. */
  readonly #examined = new Set<string>();
  readonly #hollow: string[] = [];
  readonly #closing = new AbortController();
  readonly #looking: Promise<unknown>;

  constructor(network: FaultNetwork) {
    const { url } = network.node('auditor');
    const { vkey } = network.file().log;
    const folder = logFolder(network.home);
    this.#looking = Promise.all([
      this.#look('the auditor', () => served(new URL('/log/checkpoint', url))),
      this.#look('the folder', async () => {
        const note = await readFile(join(folder, 'checkpoint'), 'utf8');
        await this.#examine(note, folder, vkey);
        return note;
      }),
    ]);
  }

  /** Checkpoints in the folder that were there before what they are about, in words. */
  get hollow(): readonly string[] {
    return this.#hollow;
  }

  /** In no order. */
  all(): readonly { readonly from: string; readonly note: Buffer }[] {
    return [...this.#notes].map(([note, from]) => ({ from, note: Buffer.from(note) }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  /** The tiles that lead to its root, at this moment: what is read next must not be missing. */
  async #examine(note: string, folder: string, vkey: string): Promise<void> {
    if (this.#examined.has(note)) return;
    this.#examined.add(note);
    const head = verifyCheckpoint(Buffer.from(note), parseVkey(vkey));
    try {
      await VerifiedTiles.open(head, folderCopy(folder));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#hollow.push(
        `the folder had the checkpoint of ${head.size} leaves without its tiles: ${error.code}`,
      );
    }
  }

  async #look(from: string, read: () => Promise<string>): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // The auditor is killed now and then, and has no checkpoint at first.
      const note = await read().catch(() => null);
      if (note !== null && !this.#notes.has(note)) this.#notes.set(note, from);
      await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function served(url: URL): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return await answer.text();
}
