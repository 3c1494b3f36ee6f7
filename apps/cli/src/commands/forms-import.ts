import type { Command } from 'commander';
import { z } from 'zod';
import { formImport } from '../forms/form-shapes.ts';
import { readPackage } from '../forms/read-package.ts';
import { waitUntilKnown } from '../forms/wait-until-known.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';

/** How long the nodes may take to learn of the forms, milliseconds. */
const KNOWN_WITHIN_MS = 15_000;

/** `forms import`: registers each form of a package that compiles; the others are named. */
export function formsImport(tell: Tell): Command {
  return leaf('import <dir>', {
    description:
      'Register the forms of a package of schemas (01_vocabularies, 02_entities, 03_sections, 04_forms)',
    examples: ['forms import ./moduli'],
  }).action(
    answering(z.object({}), tell, async ({ args: [dir = ''], home }) => {
      const network = await readNetwork(home);
      const files = await readPackage(dir);
      const { accepted, refused } = await clientOf(network.registry).post('/v1/forms', formImport, files);
      const last = Math.max(0, ...accepted.map(({ number }) => number));
      const behind = await waitUntilKnown(network, last, KNOWN_WITHIN_MS);
      const lines = [
        ...accepted.map(
          ({ namespace, root, unchanged }) =>
            `${unchanged ? 'as before ' : 'registered'}  {${namespace}}${root}`,
        ),
        ...refused.map(({ name, code, reason }) => `refused     ${name}: ${code}: ${reason}`),
        `${accepted.length} registered, ${refused.length} refused`,
        ...behind.map((name) => `${name} has not got them yet`),
      ];
      return {
        json: { accepted, refused, behind },
        text: lines.join('\n'),
        exitCode: accepted.length === 0 ? 1 : 0,
      };
    }),
  );
}
