import { expect, it } from 'vitest';
import { PooledClient } from './pooled-client.ts';

it('does not end the process when the server dies while nobody listens', () => {
  const client = new PooledClient();
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
});
