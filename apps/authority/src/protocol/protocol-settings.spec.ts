import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classificationOf, DEFAULT_PROTOCOL, protocolConfig } from './protocol-settings.ts';

const CREMONA = join(import.meta.dirname, '../../../../contracts/catalogue/cremona');

describe('the settings of the protocol register', () => {
  it('have defaults with which a node starts', () => {
    expect(protocolConfig.parse({})).toEqual(DEFAULT_PROTOCOL);
  });

  it.each(['municipality', 'province'])('read the filing plan of a %s, and classify by procedure', (kind) => {
    const settings = protocolConfig.parse({
      PROTOCOL_AOO: 'A3B4C5D',
      FILING_PLAN_FILE: join(CREMONA, 'filing-plans', `${kind}.json`),
    });
    expect(settings.aoo).toBe('A3B4C5D');
    expect(classificationOf(settings, 'edilizia.scia').name).toContain('dilizia');
    expect(classificationOf(settings, 'unknown.procedure')).toEqual(settings.filingPlan.default);
  });

  it.each([
    ['an AOO with a blank', { PROTOCOL_AOO: 'due parole' }, 'PROTOCOL_AOO'],
    ['a register of 17 characters', { PROTOCOL_REGISTER: 'x'.repeat(17) }, 'PROTOCOL_REGISTER'],
    ['a plan that is not there', { FILING_PLAN_FILE: '/no/such/plan.json' }, 'FILING_PLAN_FILE'],
    ['a plan without a default', { FILING_PLAN_FILE: planOf('{"procedures":{}}') }, 'FILING_PLAN_FILE'],
    ['a plan that is no JSON', { FILING_PLAN_FILE: planOf('default: x') }, 'FILING_PLAN_FILE'],
  ])('refuse %s by the name of the variable', (_, env, variable) => {
    const issues = protocolConfig.safeParse(env).error?.issues ?? [];
    expect(issues.map(({ path }) => path.join())).toEqual([variable]);
  });
});

function planOf(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'reset-hub-plan-')), 'plan.json');
  writeFileSync(path, content);
  return path;
}
