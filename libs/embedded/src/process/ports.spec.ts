import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, portLike } from './ports.ts';

it('gives ports that no outgoing connection is given, each once, and passes over those that are taken', async () => {
  const first = await freePort();
  const holder = createServer();
  holder.listen(first + 1, '127.0.0.1');
  await once(holder, 'listening');
  try {
    const others = [await freePort(), await freePort()];
    expect(new Set([first, first + 1, ...others]).size).toBe(4);
    for (const port of [first, ...others]) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_768);
    }
    expect(await portLike(first)).toBe(first);
    expect(await portLike(first + 1)).not.toBe(first + 1);
  } finally {
    holder.close();
  }
});
