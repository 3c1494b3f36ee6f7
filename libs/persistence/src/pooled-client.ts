import pg from 'pg';

/**
 * A connection of the pool. Between the pool that hands it out and TypeORM, which takes it a moment later, nobody listens: a
 * server that dies just then, with its last word in the same packet as the answer before it, would end the process by an
 * error that nobody caught. Whoever uses the connection is told by the next statement.
 */
export class PooledClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
