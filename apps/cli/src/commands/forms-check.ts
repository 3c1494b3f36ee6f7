import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { readInput } from '../network/read-input.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';

/** `forms check`: is this filled form valid? If not: line, XPath and reason of every fault. */
export function formsCheck(tell: Tell): Command {
  return leaf('check <file>', {
    description: 'Check a filled form against its registered schema: line, XPath and reason of every fault',
    examples: ['forms check istanza.xml'],
  }).action(
    answering(z.object({}), tell, async ({ args: [path = ''], home }) => {
      const network = await readNetwork(home);
      const xml = await readInput(path);
      const { checkForm } = await import('../forms/check-form.ts');
      const form = await checkForm(network, xml);
      const { namespace, root, version } = form;
      return { json: { valid: true, ...form }, text: `valid: {${namespace}}${root}, version ${version}` };
    }),
  );
}
