import { expect, it } from 'vitest';
import { needsBoundedMemory } from './run-bounded.ts';

it.each([
  ['audit verify copy', true],
  ['audit watch --once', true],
  ['audit replay copy --json', true],
  ['audit watch --acknowledge all', false],
  ['audit verify --help', false],
  ['audit proof 17', false],
  ['event verify copy', false],
])('%s: in a process with bounded memory: %s', (line, isBounded) => {
  expect(needsBoundedMemory(line.split(' '))).toBe(isBounded);
});
