import { describe, expect, it } from 'vitest';
import { needsBoundedMemory } from './run-bounded.ts';

const asked = (line: string): boolean => needsBoundedMemory(line.split(' '));

describe('a process with bounded memory', () => {
  it('is what every command runs in that reads a whole log, of a copy or a server', () => {
    for (const line of [
      'audit verify copy --vkey k',
      'audit export --to copy',
      'audit import --from-kafka',
      'audit watch --once',
      'audit replay copy --json',
      'audit evidence c_d150/2026/000001 --in copy --out a.zip',
      'audit explain 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071 --in=copy',
    ])
      expect([line, asked(line)]).toEqual([line, true]);
  });

  it('is not started for an answer that a node gives, or for help', () => {
    for (const line of [
      'audit evidence c_d150/2026/000001 --out a.zip',
      'audit explain 0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071',
      'audit verify --help',
      'audit watch --acknowledge all',
      'audit proof 17',
      'event verify copy',
      'practice list',
      'audit',
    ])
      expect([line, asked(line)]).toEqual([line, false]);
  });
});
