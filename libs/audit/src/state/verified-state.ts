import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HubError, systemCode } from '#errors';
import type { NoteVerifier } from '#tlog';
import { keepWhole } from '../disk/whole-file.ts';

const CHECKPOINT = 'checkpoint';
const LOCK = 'lock';
/** A run whose caller was killed ends by itself, in a moment: the next one waits so long for it, milliseconds. */
const LEAVES_WITHIN_MS = 3_000;
const ASKED_EVERY_MS = 50;

/**
 * Where this machine's user keeps what was verified of a log, apart from every copy of it: in `XDG_STATE_HOME`, or
 * `~/.local/state`, under the log's own name and key.
 */
export function defaultStateFolder(log: NoteVerifier, { XDG_STATE_HOME }: NodeJS.ProcessEnv): string {
  const base =
    XDG_STATE_HOME === undefined || XDG_STATE_HOME === '' ? join(homedir(), '.local/state') : XDG_STATE_HOME;
  const readable = log.name.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60);
  const key = createHash('sha256').update(log.vkey).digest('hex').slice(0, 16);
  return join(base, 'reset-hub', 'audit', `${readable}-${key}`);
}

/** What was verified of one log: the last checkpoint, which the next copy has to continue. One run at a time. */
export class VerifiedState {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws HubError `AUDIT_STATE_UNUSABLE`, also while another run holds it */
  static async open(folder: string): Promise<VerifiedState> {
    try {
      await mkdir(folder, { recursive: true });
      await lock(join(folder, LOCK));
    } catch (cause) {
      throw unusable(folder, cause);
    }
    return new VerifiedState(folder);
  }

  /** Of its own, for what a run writes on the way. */
  get workFolder(): string {
    return join(this.folder, 'work');
  }

  /** The last checkpoint that was verified. @throws HubError `AUDIT_STATE_UNUSABLE` */
  async checkpoint(): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.folder, CHECKPOINT));
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw unusable(this.folder, cause);
    }
  }

  /** Keeps a checkpoint in place of the last one, whole and over a power cut. @throws HubError `AUDIT_STATE_UNUSABLE` */
  async keep(note: Buffer): Promise<void> {
    try {
      await keepWhole(join(this.folder, CHECKPOINT), note);
    } catch (cause) {
      throw unusable(this.folder, cause);
    }
  }

  async close(): Promise<void> {
    await rm(join(this.folder, LOCK), { force: true });
  }
}

/** A lock that names its process: one that is gone holds nothing. */
async function lock(path: string): Promise<void> {
  const deadline = performance.now() + LEAVES_WITHIN_MS;
  while (!(await taken(path))) {
    const holder = Number(await contentOf(path));
    if (!isRunning(holder)) await rm(path, { force: true });
    else if (performance.now() < deadline) await pause(ASKED_EVERY_MS);
    else throw new Error(`process ${holder} is verifying this log`);
  }
}

/** False if it is there already. */
async function taken(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Nothing, if it has just been given up. */
async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function unusable(folder: string, cause: unknown): HubError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HubError('AUDIT_STATE_UNUSABLE', `${folder}: ${why}`, { cause });
}
