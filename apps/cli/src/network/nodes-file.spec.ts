import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readNodes } from './nodes-file.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodes-'));
  await mkdir(join(folder, 'tokens'));
  await writeFile(join(folder, 'tokens', 'city'), 'rh_secret\n');
  await writeFile(join(folder, 'tokens', 'empty'), '\n');
});

async function listOf(content: string): Promise<string> {
  const path = join(folder, 'nodes.json');
  await writeFile(path, content);
  return path;
}

it('a list of nodes names bodies, addresses, and the files of their tokens beside it', async () => {
  const node = { ipa: 'c_d150', url: 'https://hub.city.example', tokenFile: 'tokens/city' };
  expect(await readNodes(await listOf(JSON.stringify([node])))).toEqual([
    { ipa: 'c_d150', name: 'c_d150', url: node.url, token: 'rh_secret' },
  ]);
});

it.each([
  ['no JSON', '{'],
  ['no node', '[]'],
  ['an address that is none', '[{"ipa":"c_d150","url":"city","tokenFile":"tokens/city"}]'],
  ['no IPA code', '[{"url":"https://city.example","tokenFile":"tokens/city"}]'],
  ['a token in the list itself', '[{"ipa":"c_d150","url":"https://city.example","token":"rh_secret"}]'],
  ['a file that is not there', '[{"ipa":"c_d150","url":"https://city.example","tokenFile":"tokens/none"}]'],
  ['an empty token', '[{"ipa":"c_d150","url":"https://city.example","tokenFile":"tokens/empty"}]'],
])('a list with %s is refused', async (_, content) => {
  await expect(readNodes(await listOf(content))).rejects.toMatchObject({ code: 'USAGE_INVALID' });
});
