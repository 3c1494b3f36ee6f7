import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { identify } from '../process/identity.ts';
import type { GuardianOrder } from './orders.ts';

/** A detached process that ends this process's children when this process is gone, however it went. */
export interface Guardian {
  readonly pid: number;
  /** Names a child to end when this process dies: first with `signal` (SIGTERM), then with SIGKILL. */
  watch(pid: number, label: string, signal?: NodeJS.Signals): void;
  /** The child has ended, or is nobody's business any more. */
  release(pid: number): void;
  /** Ends what is still watched, then the guardian itself. */
  stop(): Promise<void>;
}

/** How long a watched process has to end by itself, in milliseconds. */
const GRACE_MS = 5_000;

/**
 * Starts a guardian. It holds the reading end of a pipe: the system closes the other end when this process dies, even by
 * SIGKILL, and within a few seconds nothing that is watched is left.
 */
export async function startGuardian(graceMs = GRACE_MS): Promise<Guardian> {
  // Beside this module in both shapes: `.ts` under Node's type stripping, `.js` in dist.
  const main = import.meta.url.endsWith('.ts')
    ? new URL('./guardian-main.ts', import.meta.url)
    : new URL('./guardian-main.js', import.meta.url);
  const child = spawn(process.execPath, ['--no-warnings', fileURLToPath(main), String(graceMs)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
  });
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error('the guardian ended at once'));
    });
    child.stdout.once('data', () => {
      resolve();
    });
  });
  child.stdout.destroy();
  // Orders to a guardian that is gone have nobody to act on them.
  child.stdin.on('error', () => undefined);
  child.unref();
  const order = (what: GuardianOrder): void => {
    child.stdin.write(`${JSON.stringify(what)}\n`);
  };
  return {
    pid: child.pid ?? 0,
    watch(pid, label, signal = 'SIGTERM') {
      const identity = identify(pid);
      if (identity !== undefined) order({ order: 'watch', identity, label, signal });
    },
    release(pid) {
      order({ order: 'release', pid });
    },
    async stop() {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
