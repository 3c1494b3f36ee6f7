import { existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** Named places at which a test can have the process die as by `kill -9`. */
export type CrashPoint = 'after-commit';

export interface CrashPoints {
  reach(point: CrashPoint): void;
}

/**
 * `CRASH_AT` names the point and `CRASH_ONCE_FILE` a file that is written first: with the file there, the process goes
 * on. Without both, nothing ever happens.
 */
export const crashConfig = z.object({
  CRASH_AT: z.enum(['after-commit']).optional(),
  CRASH_ONCE_FILE: z.string().min(1).optional(),
});

export function crashPoints(at: CrashPoint | undefined, onceFile: string | undefined): CrashPoints {
  return {
    reach(point) {
      if (point !== at || onceFile === undefined || existsSync(onceFile)) return;
      writeFileSync(onceFile, `${process.pid}\n`);
      process.kill(process.pid, 'SIGKILL');
    },
  };
}
