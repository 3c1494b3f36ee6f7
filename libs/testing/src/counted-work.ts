import type { Tx, UnitOfWork } from '#persistence';
import { over } from './over.ts';

/** A unit of work, and what went through it. */
export interface CountedWork {
  readonly work: UnitOfWork;
  readonly statements: string[];
  /** How often the database was waited for, commits apart: what is asked together is one wait. */
  readonly waits: () => number;
}

/** A unit of work that notes the statements run through it. */
export function countedWork(work: UnitOfWork): CountedWork {
  const statements: string[] = [];
  let [waits, underWay] = [0, 0];
  const waited = async <Rows>(sql: string, ask: () => Promise<Rows>): Promise<Rows> => {
    statements.push(sql);
    if (underWay === 0) waits += 1;
    underWay += 1;
    try {
      return await ask();
    } finally {
      underWay -= 1;
    }
  };
  const counted = (tx: Tx): Tx => ({
    source: tx.source,
    query: (sql, params) => waited(sql, () => tx.query(sql, params)),
    prepared: (sql, params) => waited(sql, () => tx.prepared(sql, params)),
    afterCommit: (effect) => {
      tx.afterCommit(effect);
    },
    write: (sql, params) => {
      statements.push(sql);
      tx.write(sql, params);
    },
  });
  return {
    statements,
    waits: () => waits,
    work: over(work, { run: (inside) => work.run((tx) => inside(counted(tx))) }),
  };
}
