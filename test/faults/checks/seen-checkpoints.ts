/** Every checkpoint that the log has shown to somebody who asked for it all along: the log has to continue each of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { logFolder } from '../network/fault-node.ts';
import type { FaultNetwork } from '../network/fault-network.ts';

const LOOK_MS = 250;
const ANSWER_MS = 1_000;

export class SeenCheckpoints {
  /** Where each was seen first, by its text. */
  readonly #notes = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #looking: Promise<unknown>;

  constructor(network: FaultNetwork) {
    const { url } = network.node('auditor');
    this.#looking = Promise.all([
      this.#look('the auditor', () => served(new URL('/log/checkpoint', url))),
      this.#look('the folder', () => readFile(join(logFolder(network.home), 'checkpoint'), 'utf8')),
    ]);
  }

  /** In no order. */
  all(): readonly { readonly from: string; readonly note: Buffer }[] {
    return [...this.#notes].map(([note, from]) => ({ from, note: Buffer.from(note) }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
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
