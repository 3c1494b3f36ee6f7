import { HubError } from '#errors';
import type { Tx } from '#persistence';
import { backoff, rest, type HealthRegistry, type Logger, type ProbeResult } from '#platform';
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
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  #error: HubError | null = null;
  #loop: Promise<void> = Promise.resolve();

  private constructor(check: string, parts: PublishFilesParts, { archive, logger }: Around) {
    this.#check = check;
    this.#parts = parts;
    this.#publish = new PublishFiles(parts);
    this.#beside =
      parts.entries && archive ? new PublishArchive(parts.folder, { ...archive, work: parts.work }) : null;
    this.#logger = logger;
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
    this.#loop = this.#run();
  }

  /** Finishes the step in hand. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  register(health: HealthRegistry): void {
    health.register(this.#check, () => this.#probe(), { required: false });
  }

  /** Where the folder is, the node's log says: health is for anyone. */
  #probe(): ProbeResult {
    const { size } = this.#publish;
    if (this.#error !== null) return { status: 'down', detail: this.#error.code };
    return { status: 'up', detail: size === null ? 'being read' : `${size} leaves` };
  }

  async #run(): Promise<void> {
    for (let setbacks = 0; !this.#closing.signal.aborted;) {
      try {
        // What stands beside the tiles comes when they are there: a folder of another history gets nothing.
        const isMore = (await this.#publish.step()) || (await this.#beside?.step()) === true;
        setbacks = 0;
        this.#error = null;
        if (!isMore) await rest(LOOK_MS, this.#closing.signal);
      } catch (error) {
        this.#failed(error);
        await rest(backoff(setbacks, PAUSE), this.#closing.signal);
        setbacks += 1;
      }
    }
  }

  #failed(error: unknown): void {
    this.#error =
      error instanceof HubError
        ? error
        : new HubError('LOG_FILES_UNWRITABLE', 'the log’s files cannot be written', { cause: error });
    this.#logger.error({ err: error, folder: this.#parts.folder.root }, 'the log’s files are not up to date');
  }
}
