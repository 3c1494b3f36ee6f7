import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is there, a quarter of the time at most: what is waited for needs the machine, too. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const asked = performance.now();
    const answer = await ask();
    if (answer !== undefined) return answer;
    const now = performance.now();
    if (now > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(Math.max(20, 3 * (now - asked)));
  }
}
