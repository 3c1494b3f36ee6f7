import { readFileSync } from 'node:fs';

const KIB = 1024;

/**
 * A figure of one of the kernel's tables (proc_pid_status(5), proc_pid_smaps(5)), in bytes; 0 when the process is gone. Linux only.
 */
export function kernelBytes(path: string, field: string): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'utf8'));
    return Number(found?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}
