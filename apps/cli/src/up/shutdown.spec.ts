import { describe, expect, it } from 'vitest';
import type { Step } from './progress.ts';
import { Shutdown, type Layer } from './shutdown.ts';

/** Runs steps one by one, as the progress display would. */
async function run(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await ('steps' in step ? run(step.steps) : step.run(() => undefined));
}

function part(shutdown: Shutdown, layer: Layer, stopped: string[]): Promise<{ stop(): Promise<void> }> {
  const stop = (): Promise<void> => {
    stopped.push(layer);
    return Promise.resolve();
  };
  return shutdown.start(layer, layer, () => Promise.resolve({ stop }));
}

describe('the end of a network', () => {
  it('stops nodes before the servers they stand on, and the guardian last', async () => {
    const shutdown = new Shutdown();
    const stopped: string[] = [];
    for (const layer of ['guardian', 'servers', 'nodes', 'nodes'] as const)
      await part(shutdown, layer, stopped);
    await run(shutdown.steps());
    expect(stopped).toEqual(['nodes', 'nodes', 'servers', 'guardian']);
  });

  it('starts nothing more once it was asked for, and stops what was still starting', async () => {
    const shutdown = new Shutdown();
    const stopped: string[] = [];
    const { promise, resolve } = Promise.withResolvers<{ stop(): Promise<void> }>();
    const starting = shutdown.start('servers', 'Kafka', () => promise);
    shutdown.ask('SIGINT');
    await expect(part(shutdown, 'nodes', stopped)).rejects.toBe('SIGINT');
    const settled = shutdown.settle(10_000);
    resolve({
      stop: () => {
        stopped.push('late');
        return Promise.resolve();
      },
    });
    await Promise.all([starting, settled]);
    await run(shutdown.steps());
    expect(stopped).toEqual(['late']);
  });
});
