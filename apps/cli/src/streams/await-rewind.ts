import { setTimeout as pause } from 'node:timers/promises';
import type { RestClient } from '../rest/rest-client.ts';
import { rewindProgress, type RewindProgress } from './stream-shapes.ts';

const LOOK_MS = 200;

/**
 * Watches a rewind until everything has been handled again, somebody has enough, or the time is over. The node goes on in
 * any case.
 * @param report is told how far it has come
 * @returns how far it was when the watching ended
 */
export async function awaitRewind(
  client: RestClient,
  id: string,
  withinMs: number,
  { report, enough }: { readonly report: (what: string) => void; readonly enough: AbortSignal },
): Promise<RewindProgress> {
  const deadline = Date.now() + withinMs;
  let told = '';
  for (;;) {
    const found = await client.get(`/v1/streams/rewinds/${encodeURIComponent(id)}`, rewindProgress);
    if (found.done || enough.aborted || Date.now() > deadline) return found;
    const now = `${found.records - found.left} of ${found.records} handled again`;
    if (now !== told) report(now);
    told = now;
    await pause(LOOK_MS, undefined, { signal: enough }).catch(() => undefined);
  }
}
