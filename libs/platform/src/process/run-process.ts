import { HubError } from '#errors';

import { createLogger, type Logger } from '../logging/logger.ts';

import { describeError } from './describe-error.ts';

/** What a start function hands back. */
export interface Running {
  /** Stops taking work, finishes what is under way, frees what is held. */
  close(): Promise<void>;
  /** Told to the parent process with the `ready` message, e.g. `{url}`. */
  readonly ready?: Readonly<Record<string, unknown>>;
}

/** The one message that a process sends to the parent that forked it. */
export type ProcessMessage =
  | ({ readonly ready: true } & Readonly<Record<string, unknown>>)
  | { readonly ready: false; readonly code: string; readonly message: string };

export interface ProcessOptions {
  readonly logger?: Logger;
  /** A close that takes longer is cut short, milliseconds. */
  readonly deadlineMs?: number;
}

/** Below the ten seconds after which nothing of a stopped network may be left. */
const CLOSE_DEADLINE_MS = 8_000;

/**
 * The life of a process: starts, tells its parent (over IPC, when it has one) that it is ready, and closes with code 0
 * at SIGTERM, at SIGINT or when the parent is gone, however the parent ended. Exit code 1 when the start fails (code,
 * sentence and remedy on standard error), when something fails that nobody caught, or when closing fails or takes
 * longer than the deadline.
 */
export function runProcess(name: string, start: () => Promise<Running>, options: ProcessOptions = {}): void {
  const logger = options.logger ?? createLogger(name);
  const deadlineMs = options.deadlineMs ?? CLOSE_DEADLINE_MS;
  let stopping = false;

  // A signal during the start waits for its end, so that what was opened is closed.
  const starting = Promise.resolve().then(start);

  const stop = (reason: string, code: number): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
    setTimeout(() => {
      logger.fatal({ deadlineMs }, 'closing took too long');
      process.exit(1);
    }, deadlineMs).unref();
    starting
      .then((running) => running.close())
      .then(
        () => process.exit(code),
        (error: unknown) => {
          logger.fatal({ err: error }, 'closing failed');
          process.exit(1);
        },
      );
  };

  process.on('SIGTERM', () => {
    stop('SIGTERM', 0);
  });
  process.on('SIGINT', () => {
    stop('SIGINT', 0);
  });
  process.on('disconnect', () => {
    stop('the parent process is gone', 0);
  });
  // It may have gone while this process was still loading.
  if (process.send !== undefined && !process.connected) stop('the parent process is gone', 0);
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'nobody caught this');
    stop('uncaught exception', 1);
  });

  starting.then(
    (running) => {
      if (stopping) return;
      logger.info({ ...running.ready }, 'ready');
      tellParent({ ...running.ready, ready: true });
    },
    (error: unknown) => {
      process.stderr.write(`${name} did not start\n${describeError(error)}\n`);
      const code = error instanceof HubError ? error.code : 'INTERNAL_ERROR';
      tellParent({ ready: false, code, message: describeError(error) });
      process.exit(1);
    },
  );
}

function tellParent(message: ProcessMessage): void {
  // The parent may be gone: its absence is noticed by the disconnect, not here.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
