import { describe, expect, it } from 'vitest';
import { openingsInWords } from './openings-words.ts';
import { MOST, type Opening } from './read-accesses.ts';

const [ADA, PORTAL] = ['0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6071', '0199b1c2-3d4e-7f00-8a1b-2c3d4e5f6072'];

function read(
  at: string,
  by: Partial<Opening['by']>,
  kind = 'document',
  purpose: string | null = null,
): Opening {
  return {
    ...{ id: `${at} ${kind}`, at, purpose },
    what: { kind, id: null },
    by: { tokenId: ADA, label: 'Ada Prova', operator: null, ...by },
  };
}

const portal = (operator: string | null) => ({ tokenId: PORTAL, label: 'portal', operator });

describe('who has opened a practice', () => {
  it('is a line for each reader and day of Italy, with how often, what and why', () => {
    const accesses = [
      read('2026-03-04T08:00:00.000Z', {}, 'practice'),
      read('2026-03-04T08:01:00.000Z', portal('u-417'), 'document', 'prot. 12/2026'),
      read('2026-03-04T08:02:00.000Z', {}),
      read('2026-03-04T08:03:00.000Z', {}),
      read('2026-03-04T08:04:00.000Z', portal('u-418')),
      read('2026-03-04T08:05:00.000Z', portal('u-417'), 'document', 'prot. 12/2026'),
      // Past midnight by the clocks of Italy.
      read('2026-03-04T23:30:00.000Z', {}),
    ];
    expect(openingsInWords([{ node: 'c_d150', accesses, unknown: null }], 'en').split('\n')).toEqual([
      '  c_d150: 2026-03-04, Ada Prova, 3 reads: practice, document ×2',
      '  c_d150: 2026-03-04, u-417, 2 reads: document ×2 (prot. 12/2026)',
      '  c_d150: 2026-03-04, u-418, 1 read: document',
      '  c_d150: 2026-03-05, Ada Prova, 1 read: document',
    ]);
  });

  it('says of each node what it does not tell, and where the list ends before the accesses do', () => {
    const accesses = Array.from({ length: MOST }, () => read('2026-03-04T08:00:00.000Z', {}));
    const unknown = { code: 'TOKEN_SCOPE_MISSING', message: 'x' };
    const said = openingsInWords(
      [
        { node: 'c_d150', accesses, unknown: null },
        { node: 'p_cr', accesses: [], unknown },
        { node: 'c_d142', accesses: [], unknown: null },
      ],
      'it',
    );
    expect(said.split('\n')).toEqual([
      `  c_d150: 2026-03-04, Ada Prova, ${MOST} letture: document ×${MOST}`,
      `  c_d150: sono mostrate le prime ${MOST} letture (access list --at c_d150)`,
      '  p_cr: non noto (TOKEN_SCOPE_MISSING)',
      '  c_d142: nessuno finora',
    ]);
    expect(openingsInWords(null, 'en')).toContain('Not in the copy');
  });
});
