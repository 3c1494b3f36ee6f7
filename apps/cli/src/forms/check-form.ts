import { compileForm, rootOf, type FormSchema } from '#contracts';
import { HubError } from '#errors';
import type { Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { verifyEntry } from '../network/verify-entry.ts';
import { registeredForms } from './form-shapes.ts';

/**
 * Checks a filled form against its registered schema, which is taken from the registry's signed entry.
 * @throws HubError `FORM_NOT_REGISTERED`, `FORM_INVALID` (details.errors: line, xpath, reason), `XML_MALFORMED` and
 *   the like, those of `verifyRegistryEntry`
 */
export async function checkForm(
  network: Network,
  xml: Buffer,
): Promise<Pick<FormSchema, 'namespace' | 'root' | 'version'>> {
  const { namespace, root } = rootOf(xml);
  const registry = clientOf(network.registry);
  const { forms } = await registry.get(`/v1/forms/${encodeURIComponent(namespace)}`, registeredForms);
  const found = forms.find((form) => form.root === root);
  if (found === undefined)
    throw new HubError('FORM_NOT_REGISTERED', `no form {${namespace}}${root} is registered`);
  const { entry } = await verifyEntry(network, await registry.bytes(`/v1/entries/${found.number}`));
  if (entry.change.kind !== 'form.published')
    throw new HubError('NODE_ANSWER_UNEXPECTED', `registry entry ${found.number} holds no form`);
  const compiled = compileForm(entry.change.form);
  try {
    compiled.validate(xml);
  } finally {
    compiled.dispose();
  }
  return { namespace, root, version: found.version };
}
