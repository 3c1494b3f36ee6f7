import { BlockList, isIP } from 'node:net';

/** Not for the public internet (IANA special-purpose registry, RFC 6890), multicast and reserved. */
const REFUSED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/**
 * All but global unicast, 2000::/3 (RFC 4291 §2.4), so also loopback, IPv4-mapped, NAT64, unique local, link-local and
 * multicast; and of that what is special: Teredo and its kin, documentation, 6to4, which leads to any IPv4 address.
 */
const REFUSED_V6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Says which network addresses may be connected to: public ones, and those that the operator allows. */
export class AddressGuard {
  // One list for each family: a list holds an IPv4 address against its IPv6 networks, too, as an IPv4-mapped one.
  readonly #refusedV4 = listOf(REFUSED_V4);
  readonly #refusedV6 = listOf(REFUSED_V6);
  readonly #allowedV4: BlockList;
  readonly #allowedV6: BlockList;

  /** @param allowed networks as `isNetwork` takes them */
  constructor(allowed: readonly string[]) {
    this.#allowedV4 = listOf(allowed.filter((network) => !isV6(network)));
    this.#allowedV6 = listOf(allowed.filter(isV6));
  }

  /** @param address an IP address as a resolver or a URL gives it; whatever is none is not allowed */
  allows(address: string): boolean {
    const [plain = ''] = address.split('%');
    switch (isIP(plain)) {
      case 4:
        return this.#allowedV4.check(plain, 'ipv4') || !this.#refusedV4.check(plain, 'ipv4');
      case 6: {
        // An IPv4-mapped address is allowed with the IPv4 address that it leads to.
        const isAllowed = this.#allowedV6.check(plain, 'ipv6') || this.#allowedV4.check(plain, 'ipv6');
        return isAllowed || !this.#refusedV6.check(plain, 'ipv6');
      }
      default:
        return false;
    }
  }
}

/** True for an IP address, and for a network as address, slash and length of its prefix. */
export function isNetwork(text: string): boolean {
  const { address, version, prefix } = parsed(text);
  return version !== 0 && Number.isInteger(prefix) && prefix >= 0 && prefix <= bitsOf(address);
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const { address, version, prefix } = parsed(network);
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function parsed(network: string) {
  const [address = '', prefix, ...rest] = network.split('/');
  const version = rest.length === 0 && /^[\d.:a-f]+$/i.test(address) ? isIP(address) : 0;
  const length = prefix === undefined ? bitsOf(address) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  return { address, version, prefix: length };
}

function bitsOf(address: string): number {
  return isV6(address) ? 128 : 32;
}

function isV6(network: string): boolean {
  return network.includes(':');
}
