import { HubError } from '#errors';
import { RestClient } from '../rest/rest-client.ts';
import type { Member, Network, Service } from './network-file.ts';

/** The node of a joined body. @throws HubError `NODE_UNKNOWN` */
export function memberAt<T extends Pick<Member, 'ipa'>>(
  network: { readonly members: readonly T[] },
  ipa: string,
): T {
  const found = network.members.find((member) => member.ipa.toLowerCase() === ipa.toLowerCase());
  if (found !== undefined) return found;
  throw new HubError(
    'NODE_UNKNOWN',
    `${ipa} is none of ${network.members.map((each) => each.ipa).join(', ')}`,
  );
}

/** Any node by its name: an IPA code, or `router`, `registry`, `auditor`. @throws HubError `NODE_UNKNOWN` */
export function nodeAt(network: Network, name: string): Service {
  switch (name) {
    case 'router':
    case 'registry':
    case 'auditor':
      return network[name];
    default:
      return memberAt(network, name);
  }
}

/** Every node, services first. */
export function everyNode(network: Network): readonly Service[] {
  return [network.registry, network.router, network.auditor, ...network.members];
}

/** The REST client of a node, with the token that the network's folder keeps for it. */
export function clientOf(node: Pick<Service, 'name' | 'url' | 'token'>): RestClient {
  return new RestClient(node.name, node.url, node.token);
}
