import type { RegistryVersion } from '#contracts';
import { HubError } from '#errors';
import type { RegistryView } from './registry-view.ts';

/**
 * Requires that the version which an event or a decision names is in this copy of the registry.
 * @throws HubError `REGISTRY_BEHIND` if the copy has not got there yet, `REGISTRY_VERSION_DIFFERS` if another entry
 *   stands in its place
 */
export function requireVersion(
  registry: Pick<RegistryView, 'hasVersion'>,
  { number, digest }: RegistryVersion,
): void {
  const standing = registry.hasVersion(number, digest);
  if (standing === 'known') return;
  const entry = `registry entry ${number} with digest ${digest}`;
  if (standing === 'behind') throw new HubError('REGISTRY_BEHIND', `${entry} is not here yet`);
  throw new HubError('REGISTRY_VERSION_DIFFERS', `${entry} is not in this network's chain`);
}
