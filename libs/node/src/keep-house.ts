import { forgetOldAnswers } from '#access';
import { ensurePartitions, OUTBOX_PARTITIONS, pruneOutbox, type Tx } from '#persistence';
import type { z } from 'zod';
import type { OpenNode } from './open-node.ts';
import type { retentionConfig } from './retention-config.ts';

/** Something to be done now and then, in a transaction of its own. */
export type Chore = (tx: Tx, now: Date) => Promise<unknown>;

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What every node does: weeks of the outbox are made before they come and dropped when they are past. */
function everyNodesChores(keptDays: number): readonly Chore[] {
  return [
    (tx, now) => ensurePartitions(tx, OUTBOX_PARTITIONS, now),
    (tx, now) => pruneOutbox(tx, new Date(now.getTime() - keptDays * DAY_MS)),
    forgetOldAnswers,
  ];
}

/**
 * Does the chores at once and then every hour, one after the other: one that fails is logged and tried an hour later.
 * Answers how to stop, which waits for the one in hand.
 */
export function keepHouse(
  node: Pick<OpenNode, 'work' | 'logger'>,
  own: readonly Chore[],
  { OUTBOX_KEPT_DAYS: keptDays }: z.output<typeof retentionConfig>,
): () => Promise<void> {
  const chores = [...everyNodesChores(keptDays), ...own];
  let isOver = false;
  const doAll = async (): Promise<void> => {
    for (const chore of chores) {
      if (isOver) return;
      await node.work
        .run((tx) => chore(tx, new Date()))
        .catch((error: unknown) => {
          node.logger.warn({ err: error }, 'a chore failed');
        });
    }
  };
  let working = doAll();
  const timer = setInterval(() => {
    working = working.then(doAll);
  }, EVERY_MS);
  return async () => {
    isOver = true;
    clearInterval(timer);
    await working;
  };
}
