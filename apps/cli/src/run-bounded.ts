import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BOUNDED_MEMORY_FLAGS } from '#audit';

/** `audit verify` reads logs of any size: it runs in a process whose memory is bounded from the start. */
export function needsBoundedMemory([group, command, ...rest]: readonly string[]): boolean {
  const isLight = rest.includes('--help') || rest.includes('-h');
  const isBounded = BOUNDED_MEMORY_FLAGS.every((flag) => process.execArgv.includes(flag));
  return group === 'audit' && command === 'verify' && !isLight && !isBounded;
}

/**
 * Runs the same command line in a process of its own.
 * @param program the file that this process was started with
 * @returns its exit code
 */
export async function runBounded(program: string, args: readonly string[]): Promise<number> {
  const flags = [...process.execArgv, ...BOUNDED_MEMORY_FLAGS];
  const child = spawn(process.execPath, [...flags, program, ...args], { stdio: 'inherit' });
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
