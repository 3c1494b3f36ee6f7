import type { Command } from 'commander';
import { z } from 'zod';
import { registeredForms } from '../forms/form-shapes.ts';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';

/** `forms show`: the forms of one namespace, with the files of their schemas. */
export function formsShow(tell: Tell): Command {
  return leaf('show <namespace>', {
    description: 'Show the forms of a namespace, with the files of their schemas',
    examples: ['forms show urn:reset-hub:form:edilizia.scia:1'],
  }).action(
    answering(z.object({}), tell, async ({ args: [namespace = ''], home }) => {
      const { registry } = await readNetwork(home);
      const path = `/v1/forms/${encodeURIComponent(namespace)}`;
      const answer = await clientOf(registry).get(path, registeredForms);
      const blocks = answer.forms.map(({ root, version, number, entry, files }) =>
        [
          `{${namespace}}${root}, version ${version}, registry entry ${number}`,
          ...files.map((file) => `  ${file.sha256}  ${file.path}${file.path === entry ? '  (first)' : ''}`),
        ].join('\n'),
      );
      return { json: answer, text: blocks.join('\n') };
    }),
  );
}
