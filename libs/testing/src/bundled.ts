import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/programs');
const bundles = new Map<string, Promise<string>>();

/**
 * A program of a spec's own, to be started again and again as a process, in one file with the rooms that it enters: from
 * their sources each start takes twice the processor time.
 *
 * @param program its source, which finds no file by its own place
 * @returns the path of the file, made once for each worker
 */
export function bundled(program: URL): Promise<string> {
  const made = bundles.get(program.href) ?? bundle(fileURLToPath(program));
  bundles.set(program.href, made);
  return made;
}

async function bundle(input: string): Promise<string> {
  const file = join(CACHE, `${basename(input, '.fixture.ts')}-${process.pid}.js`);
  // Most specs start no process.
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    input,
    platform: 'node',
    resolve: { conditionNames: ['source', 'node', 'import'] },
    // Packages stay where they are; those that nothing is taken from are not loaded.
    external: (id) => /^[@a-z]/.test(id) && !id.startsWith('@oxc-project/'),
    treeshake: { moduleSideEffects: 'no-external' },
    transform: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  });
  await made.write({ file, format: 'esm', codeSplitting: false });
  await made.close();
  return file;
}
