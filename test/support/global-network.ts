import type { TestProject } from 'vitest/node';
import { TestNetwork } from './network.ts';

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
    await network.stop();
    await network.remove();
  };
}
