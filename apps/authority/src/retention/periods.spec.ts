import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#platform';
import { periodsConfig } from './periods.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'periods-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function configured(content: unknown) {
  const file = join(folder, 'retention.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfig({ periods: periodsConfig }, { RETENTION_FILE: file }).periods;
}

const rule = (fields: object) => ({ periods: [{ procedure: '*', basis: 'massimario 1', ...fields }] });

describe('retention periods', () => {
  it('are none unless a file says so: everything is kept', () => {
    expect(loadConfig({ periods: periodsConfig }, {}).periods).toEqual({
      periods: null,
      approvalMs: 14 * 86_400_000,
    });
  });

  it.each([
    [{ keep: { years: 10, months: 6 } }, { keep: { months: 126, days: 0 }, part: null }],
    [
      { keep: { days: 30 }, part: 'informed' },
      { keep: { months: 0, days: 30 }, part: 'informed' },
    ],
    [{ keep: 'for-ever' }, { keep: null }],
  ])('%o', async (given, read) => {
    expect((await configured(rule(given))).periods).toMatchObject([read]);
  });

  it.each([
    ['text', 'ten years'],
    ['no rule', { periods: [] }],
    ['a rule without its basis', { periods: [{ procedure: '*', keep: { years: 1 } }] }],
    ['a period of nothing', rule({ keep: {} })],
    ['a negative period', rule({ keep: { years: -1 } })],
    ['a part that nobody has', rule({ keep: { years: 1 }, part: 'everybody' })],
    ['a word that is misspelt', rule({ keep: { year: 10 } })],
  ])('are refused at the start where the file has %s', async (_, content) => {
    await expect(configured(content)).rejects.toThrow(/RETENTION_FILE/);
  });
});
