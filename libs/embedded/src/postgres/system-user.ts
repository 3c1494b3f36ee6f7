import { chmod, chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HubError } from '#errors';
import { run } from '../process/run.ts';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: root runs it as this user, created when it is not there. */
const USER = 'postgres';
/** The right to pass through a folder, for everyone. */
const PASS = 0o001;

/**
 * The user to run the server as, or undefined for the present one.
 *
 * @throws HubError `POSTGRES_UNAVAILABLE` when this is root and the user can be neither found nor made
 */
export async function serverUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp();
  if (known !== undefined) return known;
  await run('groupadd', ['--system', USER]);
  const made = await run('useradd', ['--system', '--no-create-home', '--gid', USER, USER]);
  const created = await lookUp();
  if (created !== undefined) return created;
  throw new HubError(
    'POSTGRES_UNAVAILABLE',
    `running as root needs a system user "${USER}", and it cannot be made`,
    {
      details: { output: made.output },
    },
  );
}

/**
 * Gives `dir` to the server's user, and lets that user pass through the folders above it that belong to us.
 *
 * @throws HubError `POSTGRES_UNAVAILABLE` when a folder above is closed to it
 */
export async function giveTo(user: SystemUser, dir: string, home: string): Promise<void> {
  await chown(dir, user.uid, user.gid);
  const { mode } = await stat(home);
  if ((mode & PASS) === 0) await chmod(home, (mode & 0o7777) | PASS);
  for (let above = dirname(dir); above !== dirname(above); above = dirname(above)) {
    if (((await stat(above)).mode & PASS) === 0) {
      throw new HubError(
        'POSTGRES_UNAVAILABLE',
        `the user "${USER}" cannot pass through ${above}: choose another RESET_HUB_HOME`,
      );
    }
  }
}

async function lookUp(): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
  return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}
