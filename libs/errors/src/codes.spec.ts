import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_POLICIES } from './hub-error.ts';

const folder = new URL('./codes/', import.meta.url);

describe('the table of error codes', () => {
  it('defines no code twice: of two, one would silently win', () => {
    const defined = readdirSync(folder)
      .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^ {2}([A-Z0-9_]+): \{/gm)])
      .map((match) => match[1]);
    expect(defined.filter((code, index) => defined.indexOf(code) !== index)).toEqual([]);
    expect(defined.toSorted()).toEqual(Object.keys(ERROR_POLICIES).toSorted());
  });

  it.each(Object.entries(ERROR_POLICIES))('%s speaks both languages and says what to do', (_code, policy) => {
    expect(policy.http).toBeGreaterThanOrEqual(400);
    for (const text of [policy.it, policy.en, policy.remedy.it, policy.remedy.en])
      expect(text).toMatch(/\S.*[.!]$/);
  });
});
