import { createServer } from 'node:http';

import { HubError } from '#errors';

import { runProcess, type Running } from './run-process.ts';

/** A process for the spec: what it does is named by its first argument. */
const behaviour = process.argv[2] ?? '';

async function start(): Promise<Running> {
  if (behaviour === 'fails') throw new HubError('PORT_UNAVAILABLE', 'cannot listen on 127.0.0.1:1');
  // An open server keeps the process alive, as a node's does.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  if (behaviour === 'throws-later')
    setImmediate(() => {
      throw new Error('nobody catches this');
    });
  return {
    ready: { behaviour },
    close: async () => {
      process.stdout.write('closing\n');
      if (behaviour === 'hangs') await new Promise<never>(() => undefined);
      if (behaviour === 'cannot-close') throw new Error('the pool is gone');
      server.close();
    },
  };
}

runProcess('fixture', start, { deadlineMs: 500 });
