/** Memory of this process, as Linux counts it: everything resident, WebAssembly and native code included. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STATUS = '/proc/self/status';
const CLEAR = '/proc/self/clear_refs';
/** Written to `clear_refs`: begin a new high-water mark (proc_pid_clear_refs(5)). */
const RESET_PEAK = '5';

/** False where the kernel does not tell: then memory is not measured. */
export const PEAK_KNOWN = existsSync(CLEAR);

/** Resident now, bytes, after a collection if `--expose-gc` is on. */
export function residentBytes(): number {
  globalThis.gc?.();
  return read('VmRSS');
}

/** The most that was resident while `work` ran, bytes. */
export function peakBytes(work: () => unknown): number {
  globalThis.gc?.();
  writeFileSync(CLEAR, RESET_PEAK);
  work();
  return read('VmHWM');
}

function read(field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(STATUS, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
