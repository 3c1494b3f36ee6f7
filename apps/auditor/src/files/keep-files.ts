import type { Tx } from '#persistence';
import type { HealthRegistry, Logger, ProbeResult } from '#platform';
import { StepLoop } from '../log/step-loop.ts';
import { DISK } from './disk.ts';
import type { LogFolderConfig } from './files-config.ts';
import { LogFolder } from './log-folder.ts';
import { PublishArchive, type PublishArchiveParts } from './publish-archive.ts';
import { PublishFiles, type PublishFilesParts } from './publish-files.ts';
import { requireSameHistory } from './same-history.ts';

/** How long a published checkpoint waits to be a file, at most, milliseconds. */
const LOOK_MS = 500;
const PAUSE = { baseMs: 500, maxMs: 30_000 } as const;

interface Around {
  /** What a folder with entries has beside them. */
  readonly archive?: Omit<PublishArchiveParts, 'work'>;
  readonly logger: Logger;
}

/** Keeps a folder at the log's side for as long as the process runs. That it cannot holds up nothing else. */
export class KeepFiles {
  readonly #check: string;
  readonly #parts: PublishFilesParts;
  readonly #publish: PublishFiles;
  readonly #beside: PublishArchive | null;
  readonly #loop: StepLoop;

  private constructor(check: string, parts: PublishFilesParts, { archive, logger }: Around) {
    this.#check = check;
    this.#parts = parts;
    this.#publish = new PublishFiles(parts);
    this.#beside =
      parts.entries && archive ? new PublishArchive(parts.folder, { ...archive, work: parts.work }) : null;
    this.#loop = new StepLoop({
      step: () => this.#step(),
      pause: PAUSE,
      otherwise: { code: 'LOG_FILES_UNWRITABLE', message: 'the log’s files cannot be written' },
      failed: (error) => {
        logger.error({ err: error, folder: parts.folder.root }, 'the log’s files are not up to date');
      },
    });
  }

  static of(
    { check, path, entries }: LogFolderConfig,
    { archive, logger, ...log }: Pick<PublishFilesParts, 'work' | 'key'> & Around,
  ): KeepFiles {
    const parts = { ...log, folder: new LogFolder(path, DISK), entries };
    return new KeepFiles(check, parts, { ...(archive && { archive }), logger });
  }

  /** @throws HubError `LOG_FILES_CONTRADICTED` if the database does not lead to what was published in the folder */
  requireSameHistory(tx: Tx): Promise<void> {
    return requireSameHistory(tx, this.#parts.folder, this.#parts.key);
  }

  /** Begins to work, in the background. */
  start(): void {
    this.#loop.start();
  }

  /** Finishes the step in hand. */
  async close(): Promise<void> {
    await this.#loop.close();
  }

  register(health: HealthRegistry): void {
    health.register(this.#check, () => this.#probe(), { required: false });
  }

  /** Where the folder is, the node's log says: health is for anyone. */
  #probe(): ProbeResult {
    const { size } = this.#publish;
    const { error } = this.#loop;
    if (error !== null) return { status: 'down', detail: error.code };
    return { status: 'up', detail: size === null ? 'being read' : `${size} leaves` };
  }

  async #step(): Promise<number> {
    // What stands beside the tiles comes when they are there: a folder of another history gets nothing.
    const isMore = (await this.#publish.step()) || (await this.#beside?.step()) === true;
    return isMore ? 0 : LOOK_MS;
  }
}
