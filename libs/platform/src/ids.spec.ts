import { describe, expect, it } from 'vitest';

import { systemIds } from './ids.ts';

describe('ids', () => {
  it('come in order, even within one millisecond', () => {
    const ids = Array.from({ length: 5_000 }, () => systemIds.uuidv7());
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('gives random bytes of the length asked for', () => {
    expect(systemIds.bytes(32)).toHaveLength(32);
    expect(systemIds.bytes(32)).not.toEqual(systemIds.bytes(32));
  });
});
