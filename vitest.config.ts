import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { SCRATCH } from './libs/testing/src/scratch.ts';

/**
 * A file that takes minutes would keep one worker when the others have nothing left. Two networks of their own at a time would
 * both take longer, and cost what they cost while they wait.
 */
const ORDER = ['faults', 'int', 'start', 'unit'];

class ProjectsInOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification): number => ORDER.indexOf(project.name);
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['node', 'import'] } },
  // Where vitest resolves the imports of a globalSetup file.
  environments: {
    __vitest__: { resolve: { conditions: ['source'], externalConditions: ['node', 'import'] } },
  },
  test: {
    // One more than the two cores that the suite is measured on: integration specs wait for Kafka and PostgreSQL a quarter of their time.
    maxWorkers: 3,
    sequence: { sequencer: ProjectsInOrder },
    // Fewer collections of what a spec leaves behind.
    execArgv: ['--max-semi-space-size=64'],
    // Threads and processes of specs run from sources: what one of them has compiled, the next need not.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            ...['apps/**/*.spec.ts', 'libs/**/*.spec.ts'],
            ...['test/conformance/**/*.spec.ts', 'test/faults/checks/**/*.spec.ts'],
          ],
          exclude: ['**/*.int.spec.ts', 'node_modules/**'],
          // Loading Nest, TypeORM and libxml2 anew for each file took longer than the tests.
          isolate: false,
          globalSetup: ['libs/testing/src/scratch.ts'],
          env: { TMPDIR: SCRATCH },
          // Nothing here waits for anything: only a machine busy with other work takes seconds.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: ['apps/**/*.int.spec.ts', 'libs/**/*.int.spec.ts'],
          // As for the unit tests: half a minute and more.
          isolate: false,
          globalSetup: ['libs/testing/src/scratch.ts', 'libs/testing/src/global-setup.ts'],
          env: { TMPDIR: SCRATCH },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'network',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/conformance/**', 'test/faults/**', 'test/start/**', 'node_modules/**'],
          globalSetup: ['test/support/global-network.ts'],
          // One network, asked and broken by one file at a time, on one worker, which loads everything once. In one run of vitest
          // projects with other numbers of workers come before or after it: `npm test` makes two (test/run-all.ts).
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          isolate: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // Networks of their own, that mostly wait for processes to come back: beside the others, not after them.
      {
        extends: true,
        test: { name: 'faults', include: ['test/faults/*.spec.ts'] },
      },
      {
        extends: true,
        test: { name: 'start', include: ['test/start/**/*.spec.ts'] },
      },
    ],
  },
});
