import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Flags of Node with which whoever reads a whole log keeps below 512 MB, threads included, whatever the log's size. What it holds is
 * some 100 MB; without them the engine lets each thread gather garbage before it cleans up. They count for a process from
 * its start.
 */
export const BOUNDED_MEMORY_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--max-old-space-size=256',
];

/** Commands of `audit` that read a whole log, of any size. */
const WHOLE_LOG: ReadonlySet<string> = new Set(['verify', 'watch', 'replay', 'import', 'export']);
/** Those that do so where a copy is named. */
const WHOLE_COPY: ReadonlySet<string> = new Set(['evidence', 'explain']);
/** With these there is nothing to read. */
const LIGHT = ['--help', '-h', '--acknowledge'];

/** They run in a process whose memory is bounded from the start. */
export function needsBoundedMemory([group, command = '', ...rest]: readonly string[]): boolean {
  const isLight = LIGHT.some((option) => rest.includes(option));
  const ofCopy = rest.some((option) => option === '--in' || option.startsWith('--in='));
  const isWhole = WHOLE_LOG.has(command) || (ofCopy && WHOLE_COPY.has(command));
  return group === 'audit' && isWhole && !isLight && !isBounded();
}

function isBounded(): boolean {
  return BOUNDED_MEMORY_FLAGS.every((flag) => process.execArgv.includes(flag));
}

/** In the process of its own: when the one that has started it is gone, and be it with `kill -9`, it ends. */
export function endWithCaller(): void {
  if (!isBounded() || process.channel === undefined) return;
  process.once('disconnect', () => process.exit(2));
  // It is no reason to stay.
  process.channel.unref();
}

/**
 * Runs the same command line in a process of its own.
 * @param program the file that this process was started with
 * @returns its exit code
 */
export async function runBounded(program: string, args: readonly string[]): Promise<number> {
  const flags = [...process.execArgv, ...BOUNDED_MEMORY_FLAGS];
  const child = spawn(process.execPath, [...flags, program, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // Ctrl-C reaches both at a terminal: that one keeps what it has done, and this one waits for it.
  const wait = (): void => undefined;
  const end = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', end);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    // Ended by a signal: neither a yes nor a no.
    return code ?? 2;
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', end);
  }
}
