/** The guardian's own process: plain Node, no dependency, so that it runs from source as from dist. */
import { createInterface } from 'node:readline';
import { terminate } from '../process/terminate.ts';
import type { GuardianOrder } from './orders.ts';

/** How long a watched process has to end by itself, in milliseconds; then SIGKILL. The first argument. */
const GRACE_MS = Number(process.argv[2]);

type Watched = Extract<GuardianOrder, { readonly order: 'watch' }>;

const watched = new Map<number, Watched>();

// Ctrl-C reaches a whole terminal: the guardian ends only when its parent's end of the pipe is closed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  const order = JSON.parse(line) as GuardianOrder;
  if (order.order === 'watch') watched.set(order.identity.pid, order);
  else watched.delete(order.pid);
});
orders.on('close', () => {
  void Promise.all(
    [...watched.values()].map(async ({ identity, signal }) => {
      await terminate(identity, signal, GRACE_MS);
    }),
  ).then(() => {
    process.exit(0);
  });
});
process.stdout.write('ready\n');
