import type { Command } from 'commander';
import { z } from 'zod';
import { registeredForms } from '../forms/form-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';

/** `forms list`: every form that the registry knows. */
export function formsList(tell: Tell): Command {
  return leaf('list', { description: 'List the registered forms', examples: ['forms list'] }).action(
    answering(z.object({}), tell, async ({ home }) => {
      const { registry } = await readNetwork(home);
      const { forms } = await clientOf(registry).get('/v1/forms', registeredForms);
      const shown = forms.map(({ files, ...form }) => ({ ...form, files: files.length }));
      const rows = shown.map(({ namespace, root, version, number }) => [
        namespace,
        root,
        version,
        String(number),
      ]);
      return { json: { forms: shown }, text: table(['namespace', 'root element', 'version', 'entry'], rows) };
    }),
  );
}
