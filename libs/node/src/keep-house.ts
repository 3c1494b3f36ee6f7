import { forgetOldAnswers } from '#access';
import { ensurePartitions, OUTBOX_PARTITIONS, pruneOutbox, type UnitOfWork } from '#persistence';
import type { z } from 'zod';
import type { OpenNode } from './open-node.ts';
import type { retentionConfig } from './retention-config.ts';

/** Something to be done now and then, in transactions of its own: what takes long takes several. */
export type Chore = (work: UnitOfWork, now: Date) => Promise<unknown>;

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What every node does: weeks of the outbox are made before they come and dropped when they are past. */
function everyNodesChores(keptDays: number): readonly Chore[] {
  return [
    (work, now) => work.run((tx) => ensurePartitions(tx, OUTBOX_PARTITIONS, now)),
    (work, now) => work.run((tx) => pruneOutbox(tx, new Date(now.getTime() - keptDays * DAY_MS))),
    (work, now) => work.run((tx) => forgetOldAnswers(tx, now)),
  ];
}

/**
 * Does the chores, one after the other, and again every hour: one that fails is logged and tried an hour later. Wait for
 * it before the relay starts: a record that is moved to its week while it is marked as sent would be sent again.
 * @returns how to stop, once the chores were done for the first time; stopping waits for the one in hand
 */
export async function keepHouse(
  node: Pick<OpenNode, 'work' | 'logger'>,
  own: readonly Chore[],
  { OUTBOX_KEPT_DAYS: keptDays }: z.output<typeof retentionConfig>,
): Promise<() => Promise<void>> {
  const chores = [...everyNodesChores(keptDays), ...own];
  let isOver = false;
  const doAll = async (): Promise<void> => {
    for (const chore of chores) {
      if (isOver) return;
      await chore(node.work, new Date()).catch((error: unknown) => {
        node.logger.warn({ err: error }, 'a chore failed');
      });
    }
  };
  await doAll();
  let working = Promise.resolve();
  const timer = setInterval(() => {
    working = working.then(doAll);
  }, EVERY_MS);
  return async () => {
    isOver = true;
    clearInterval(timer);
    await working;
  };
}
