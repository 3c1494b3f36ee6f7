import { describe, expect, it } from 'vitest';
import { AddressGuard, isNetwork } from './address-guard.ts';

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.254', '127.0.0.1', '127.9.9.9'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '192.0.0.8', '192.0.2.1'],
  ...['198.18.0.1', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::127.0.0.1'],
  ...['64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::1', '3fff::1'],
  ...['fc00::1', 'fdff::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1'],
];

describe('the guard of addresses', () => {
  const strict = new AddressGuard([]);

  it.each(NOT_PUBLIC)('keeps webhooks away from %s', (address) => {
    expect(strict.allows(address)).toBe(false);
  });

  it.each(['1.1.1.1', '100.63.255.255', '172.32.0.1', '192.167.1.1', '2001:4860:4860::8888', '2a00:1450::1'])(
    'lets %s pass',
    (address) => {
      expect(strict.allows(address)).toBe(true);
    },
  );

  it.each(['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433'])('takes %j for no address', (text) => {
    expect(strict.allows(text)).toBe(false);
  });

  it('allows what the operator lists, however it is written, and nothing beside', () => {
    const guard = new AddressGuard(['10.20.0.0/16', '127.0.0.1', 'fd00:1::/32']);
    for (const address of ['10.20.3.4', '127.0.0.1', '::ffff:10.20.3.4', 'fd00:1::5'])
      expect(guard.allows(address)).toBe(true);
    for (const address of ['10.21.0.1', '127.0.0.2', 'fd00:2::5', '169.254.169.254'])
      expect(guard.allows(address)).toBe(false);
  });

  it('knows a network from what is none', () => {
    for (const text of ['10.0.0.0/8', '0.0.0.0/0', '::/0', 'fd00::/8', '127.0.0.1', '::1'])
      expect(isNetwork(text)).toBe(true);
    for (const text of [
      '10.0.0.0/33',
      '10.0.0/8',
      'fd00::/129',
      'partner.example',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
    ])
      expect(isNetwork(text)).toBe(false);
  });
});
