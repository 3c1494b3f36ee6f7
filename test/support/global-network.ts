import type { TestProject } from 'vitest/node';
import { GONE_MS, isAlive, TestNetwork } from './network.ts';
import { until } from './until.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Home of the one network that the tests of a run share. */
    home: string;
  }
}

/** Starts one whole network for every test that only asks it or breaks what comes back by itself. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const network = await TestNetwork.inNewHome();
  try {
    await network.start();
  } catch (error) {
    await network.stop();
    throw error;
  }
  provide('home', network.home);
  return async () => {
    const pids = await network.pids();
    const code = await network.stop('SIGINT');
    await network.remove();
    // Ctrl-C is part of what is promised: it ends with 0 and leaves nothing.
    if (code !== 0) throw new Error(`up ended with ${code}`);
    await until('every process is gone', GONE_MS, () =>
      Promise.resolve(pids.some(isAlive) ? undefined : true),
    );
  };
}
