import type { Tx, UnitOfWork } from '#persistence';
import { over } from './over.ts';

/** A unit of work that notes the statements run through it: each is a round trip. */
export function countedWork(work: UnitOfWork): { readonly work: UnitOfWork; readonly statements: string[] } {
  const statements: string[] = [];
  const counted = (tx: Tx): Tx => ({
    source: tx.source,
    query: (sql, params) => {
      statements.push(sql);
      return tx.query(sql, params);
    },
    prepared: (sql, params) => {
      statements.push(sql);
      return tx.prepared(sql, params);
    },
    afterCommit: (effect) => {
      tx.afterCommit(effect);
    },
    write: (sql, params) => {
      statements.push(sql);
      tx.write(sql, params);
    },
  });
  return { statements, work: over(work, { run: (inside) => work.run((tx) => inside(counted(tx))) }) };
}
