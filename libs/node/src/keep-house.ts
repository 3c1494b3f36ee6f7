import { forgetOldAnswers } from '#access';
import { pruneOutbox, type Tx } from '#persistence';
import type { OpenNode } from './open-node.ts';

/** Something to be done now and then, in a transaction of its own. */
export type Chore = (tx: Tx, now: Date) => Promise<unknown>;

const EVERY_MS = 3_600_000;
/** Sent records are kept so long for whoever looks into a fault, milliseconds. */
const SENT_KEPT_MS = 7 * 24 * 3_600_000;

const forgetSent: Chore = (tx, now) => pruneOutbox(tx, new Date(now.getTime() - SENT_KEPT_MS));

/** Does the chores every hour, each on its own: one that fails is logged and tried an hour later. Answers how to stop. */
export function keepHouse(node: OpenNode, chores: readonly Chore[]): () => void {
  const timer = setInterval(() => {
    for (const chore of [forgetSent, forgetOldAnswers, ...chores]) {
      node.work
        .run((tx) => chore(tx, new Date()))
        .catch((error: unknown) => {
          node.logger.warn({ err: error }, 'a chore failed');
        });
    }
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}
