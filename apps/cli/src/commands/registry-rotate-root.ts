import type { Command } from 'commander';
import { join } from 'node:path';
import { z } from 'zod';
import { HubError } from '#errors';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { fields } from '../output/table.ts';

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'is a SHA-256, 64 lower-case hexadecimal characters');
const options = z.object({ to: fingerprint.optional() });
const rootState = z.object({ current: fingerprint, ready: z.array(fingerprint) });
const rotated = z.object({ number: z.number(), digest: z.string(), root: fingerprint });

/** `registry rotate-root`: replaces the root of trust, by an entry that the old and the new one sign. */
export function registryRotateRoot(tell: Tell): Command {
  return leaf('rotate-root', {
    description:
      "Replace the registry's root of trust; on this machine's network a new development root is made first",
    examples: ['registry rotate-root', 'registry rotate-root --to 3f…c1'],
  })
    .option('--to <fingerprint>', "the root that follows, ready in the registry's ROOTS_DIR")
    .action(
      answering(options, tell, async ({ options: { to }, home }) => {
        const network = await readNetwork(home);
        const registry = clientOf(network.registry);
        const { current, ready } = await registry.get('/v1/root', rootState);
        const next = to ?? (await readyRoot(ready, network, current));
        const { number, root, digest } = await registry.post('/v1/root/rotate', rotated, { to: next });
        return {
          json: { number, digest, root, replaced: current },
          text: fields({ entry: String(number), 'old root': current, 'new root': root }),
        };
      }),
    );
}

/** The one that lies ready, else a new one. @throws HubError `USAGE_INVALID` where there are several to choose from */
async function readyRoot(
  ready: readonly string[],
  { pki, registry }: Network,
  current: string,
): Promise<string> {
  const [only, ...others] = ready;
  if (others.length > 0)
    throw new HubError(
      'USAGE_INVALID',
      `several roots lie ready, choose one with --to:\n${ready.join('\n')}`,
    );
  if (only !== undefined) return only;
  const { findRoot, makeNextRoot } = await import('#embedded');
  const dir = join(pki.dir, 'roots');
  const inForce = await findRoot(pki.dir, dir, current);
  const made = await makeNextRoot({ dir, current: inForce, holder: registry.name });
  return made.fingerprint;
}
