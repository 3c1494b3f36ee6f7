import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSignedItem } from '#contracts';
import { NOW, TestAuthority } from '../test-support.ts';
import { cutItem } from '../src/cut-item.ts';
import { signDecisions } from '../src/index.ts';
import { decisionAt } from './item-samples.ts';

const items: Buffer[] = [];

beforeAll(async () => {
  const authority = await TestAuthority.create();
  const { signer } = await authority.issue('router-1', { role: 'router' });
  for (const size of [1, 2, 5]) {
    const decisions = Array.from({ length: size }, (_, n) => decisionAt(n + 1));
    items.push(...(await signDecisions(decisions, signer, NOW)).items);
  }
});

describe('a signed item', () => {
  it('is cut as the parser reads it, wherever in its batch it stands', () => {
    for (const item of items) expect(cutItem(item)).toEqual(parseSignedItem(item));
  });

  it('that is spelled otherwise is left to the parser, or means what the parser reads', () => {
    const changed = fc.record({
      item: fc.integer({ min: 0, max: items.length - 1 }),
      at: fc.nat(),
      gone: fc.nat({ max: 3 }),
      put: fc.constantFrom('', ' ', '0', '9', '<', '>', '"', '=', 'A', '\n', '<Path></Path>', '<!---->', 'é'),
    });
    fc.assert(
      fc.property(changed, ({ item, at, gone, put }) => {
        const bytes = items[item] ?? Buffer.alloc(0);
        // Half of the changes strike the markup, which is short beside the base64.
        const place = at % 2 === 0 ? at % Math.min(bytes.length, 260) : at % bytes.length;
        const other = Buffer.concat([
          bytes.subarray(0, place),
          Buffer.from(put),
          bytes.subarray(place + gone),
        ]);
        const cut = cutItem(other);
        if (cut !== undefined) expect(cut).toEqual(parseSignedItem(other));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['an index that is not below the size', (text: string) => text.replace('index="0"', 'index="7"')],
    ['a number with a leading zero', (text: string) => text.replace('index="0"', 'index="00"')],
    ['another version', (text: string) => text.replace('version="1.0"', 'version="1.1"')],
    ['a space more', (text: string) => text.replace(' size=', '  size=')],
    ['a line break in the base64', (text: string) => text.replace('<Item>', '<Item>\n')],
    ['something behind it', (text: string) => `${text}\n`],
    ['another namespace', (text: string) => text.replace('xmlns="', 'xmlns="urn:x')],
  ])('with %s is left to the parser', (_, change) => {
    const [first = Buffer.alloc(0)] = items;
    const other = Buffer.from(change(first.toString()));
    expect(other.equals(first)).toBe(false);
    expect(cutItem(other)).toBeUndefined();
  });
});
