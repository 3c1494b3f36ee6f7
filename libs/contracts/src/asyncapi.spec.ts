import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument, asyncApiYaml } from './asyncapi.ts';

const CONTRACTS = join(import.meta.dirname, '../../../contracts');

describe('contracts/asyncapi/hub.yaml', () => {
  // After a change of the topic table: npx vitest run libs/contracts/src/asyncapi.spec.ts -u
  it('is what the topic table gives', async () => {
    await expect(asyncApiYaml()).toMatchFileSnapshot(join(CONTRACTS, 'asyncapi/hub.yaml'));
  });

  it('reads back as the document it was made from', () => {
    expect(parse(readFileSync(join(CONTRACTS, 'asyncapi/hub.yaml'), 'utf8'))).toEqual(asyncApiDocument());
  });

  it('refers only to what exists: messages, channels and XSDs', () => {
    const text = asyncApiYaml();
    const document = parse(text) as { components: { messages: object }; channels: object };
    for (const [, reference] of text.matchAll(/\$ref: "?([^"\s]+)"?/g)) {
      const [, kind, name] = /^#\/(?:components\/)?(messages|channels)\/(.+)$/.exec(reference!) ?? [];
      if (kind === 'messages') expect(document.components.messages).toHaveProperty(name!);
      else if (kind === 'channels') expect(document.channels).toHaveProperty(name!);
      else expect(existsSync(join(CONTRACTS, 'asyncapi', reference!))).toBe(true);
    }
  });
});
