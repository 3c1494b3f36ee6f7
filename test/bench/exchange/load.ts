/** A load: somebody who files as fast as what was filed before is finished, or at the pace of a clock. */
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './children.ts';

/** What the bench tells a load. */
export type LoadOrder =
  | {
      readonly kind: 'go';
      readonly ms: number;
      /** Filings that are called and not finished everywhere, at most. */
      readonly window: number;
      /** Filings a second, on a fixed schedule whatever becomes of them; as many as the window lets through if absent. */
      readonly rate?: number;
      /** Ends after so many. */
      readonly atMost?: number;
    }
  | { readonly kind: 'finished'; readonly count: number };

const TELL_MS = 20;
/** Calls at once at an author: a desk and some partner systems. */
const CALLERS = 64;

/**
 * In a child: files when it is told to, and tells how many have been filed.
 * @param file files `count` of them, and answers how many those were
 * @param callers calls at once, at most
 */
export function serveLoad(file: () => Promise<number>, callers = CALLERS): void {
  let finished = 0;
  let waiting: (() => void)[] = [];
  process.on('message', (order: LoadOrder) => {
    if (order.kind === 'finished') {
      finished = order.count;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
      return;
    }
    void drive(order).catch((error: unknown) => {
      process.stderr.write(`the load failed: ${String(error instanceof Error ? error.stack : error)}\n`);
      process.exit(1);
    });
  });

  async function drive(order: Extract<LoadOrder, { kind: 'go' }>): Promise<void> {
    finished = 0;
    let called = 0;
    let filed = 0;
    const until = performance.now() + order.ms;
    const atMost = order.atMost ?? Number.POSITIVE_INFINITY;
    const tell = setInterval(() => {
      say({ kind: 'filed', count: filed });
    }, TELL_MS);
    const call = async (): Promise<void> => {
      const count = await file();
      called += count - 1;
      filed += count;
    };
    if (order.rate === undefined) {
      const caller = async (): Promise<void> => {
        while (performance.now() < until && called < atMost) {
          if (called - finished >= order.window) {
            await new Promise<void>((wake) => waiting.push(wake));
            continue;
          }
          called += 1;
          await call();
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
    } else {
      await onSchedule(order.ms, order.rate, callers, call);
    }
    clearInterval(tell);
    say({ kind: 'ended', count: filed });
  }
}

/**
 * Calls at fixed moments, whatever has become of what was filed before. Calls beyond `callers` at once queue here: what
 * is measured begins with a commit, and how many were filed a second is told with it.
 */
async function onSchedule(
  ms: number,
  rate: number,
  callers: number,
  call: () => Promise<void>,
): Promise<void> {
  const start = performance.now();
  const total = Math.round((ms / 1000) * rate);
  let next = 0;
  const caller = async (): Promise<void> => {
    for (; next < total;) {
      const due = start + (next * 1000) / rate;
      next += 1;
      const wait = due - performance.now();
      if (wait > 0) await pause(wait);
      await call();
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
