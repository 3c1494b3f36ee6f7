import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';

/** A file of a package of form schemas, as the registry takes it. */
export interface PackageFile {
  /** Inside the package, `/` between folders. */
  readonly path: string;
  readonly base64: string;
}

/** The XSDs of a package, in every folder of it. @throws HubError `FILE_UNREADABLE` */
export async function readPackage(dir: string): Promise<readonly PackageFile[]> {
  const root = resolvePath(dir);
  try {
    const names = await readdir(root, { recursive: true });
    const schemas = names.filter((name) => name.toLowerCase().endsWith('.xsd')).sort();
    return await Promise.all(
      schemas.map(async (name) => ({
        path: name.split(sep).join('/'),
        base64: await readFile(join(root, name), 'base64'),
      })),
    );
  } catch (cause) {
    throw new HubError('FILE_UNREADABLE', `${dir} is not a folder that can be read`, { cause });
  }
}
