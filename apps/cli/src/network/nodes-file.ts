import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { HubError, systemCode } from '#errors';
import { text } from '../output/leaf.ts';
import { resolvePath } from './home.ts';
import type { Member } from './network-file.ts';

/** The node of a body, wherever it runs, and a token for it. */
export type BodyNode = Pick<Member, 'ipa' | 'name' | 'url' | 'token'>;

const listed = z
  .array(
    z.strictObject({
      ipa: text,
      url: z.url({ protocol: /^https?$/ }),
      /** Relative to the list. */
      tokenFile: text,
    }),
  )
  .min(1);

/**
 * Nodes that somebody has written down: a JSON list of `ipa`, `url` and `tokenFile`.
 * @throws HubError `USAGE_INVALID`
 */
export async function readNodes(file: string): Promise<BodyNode[]> {
  const path = resolvePath(file);
  const parsed = listed.safeParse(parseJson(await readText(path), path));
  if (!parsed.success)
    throw new HubError('USAGE_INVALID', `--nodes: ${file}: ${z.prettifyError(parsed.error)}`);
  return await Promise.all(
    parsed.data.map(async ({ ipa, url, tokenFile }) => {
      const token = (await readText(resolve(dirname(path), tokenFile))).trim();
      if (token === '') throw new HubError('USAGE_INVALID', `--nodes: ${tokenFile} holds no token`);
      return { ipa, name: ipa, url, token };
    }),
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = systemCode(cause) ?? 'unknown';
    throw new HubError('USAGE_INVALID', `--nodes: ${path} cannot be read: ${reason}`, { cause });
  }
}

function parseJson(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new HubError('USAGE_INVALID', `--nodes: ${path} is no JSON`, { cause });
  }
}
