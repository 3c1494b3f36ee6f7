import { describe, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { issueAuthority, issueCertificate } from '#embedded';
import { readCertificatePem } from '#evidence';
import type { CertificateStanding } from '#registry-chain';
import { keyBoard } from './key-board.ts';
import { keyWarning, measureKeys } from './key-metrics.ts';

const DAY = 86_400_000;
const NOW = new Date('2026-03-04T09:00:00.000Z');
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY);
const authority = await issueAuthority({ notBefore: inDays(-400), notAfter: inDays(4000) });

async function listed(
  generation: number,
  from: number,
  until: number,
  revoked: Partial<Pick<CertificateStanding, 'revokedFrom' | 'revocationReason'>> = {},
): Promise<CertificateStanding> {
  const subject = { holder: 'c_d150', role: 'authority', purpose: 'signing', generation } as const;
  const validity = { notBefore: inDays(from), notAfter: inDays(until) };
  const { x509, fingerprint } = readCertificatePem(
    (await issueCertificate(authority, { subject, ...validity })).certificate,
  );
  return {
    holder: 'c_d150',
    role: 'authority',
    purpose: 'signing',
    fingerprint,
    der: x509.raw.toString('base64'),
    notBefore: validity.notBefore.toISOString(),
    notAfter: validity.notAfter.toISOString(),
    revokedFrom: null,
    revocationReason: null,
    ...revoked,
  };
}

describe('the expiry board', () => {
  it.each([
    [61, null],
    [60, null],
    [59, 60],
    [30, 60],
    [29, 30],
    [7, 30],
    [6, 7],
    [0, 7],
  ])('of a key with %i days left warns at %s', async (days, warning) => {
    const [key] = keyBoard([await listed(1, -10, days)], NOW);
    expect(key).toMatchObject({ daysLeft: days, warning, state: 'active', generation: 1 });
  });

  it('tells announced, active, retired, revoked and expired keys apart', async () => {
    const past = inDays(-1).toISOString();
    const keys = keyBoard(
      [
        await listed(5, 1, 100),
        await listed(4, -10, 100),
        await listed(3, -10, 100, { revokedFrom: past, revocationReason: 'superseded' }),
        await listed(2, -10, 100, { revokedFrom: past, revocationReason: 'key-compromise' }),
        await listed(1, -10, -5),
      ],
      NOW,
    );
    expect(keys.map(({ generation, state }) => `${generation} ${state}`)).toEqual([
      '1 expired',
      '2 revoked',
      '3 retired',
      '4 active',
      '5 announced',
    ]);
  });

  it('counts the days of a key that is retired soon until then, and warns of none that has a successor', async () => {
    const retiring = { revokedFrom: inDays(3).toISOString(), revocationReason: 'superseded' } as const;
    const alone = await listed(1, -10, 100, retiring);
    expect(keyBoard([alone], NOW)).toMatchObject([{ state: 'active', daysLeft: 3, warning: 7 }]);
    const both = keyBoard([alone, await listed(2, -1, 100)], NOW);
    expect(both.map(({ warning }) => warning)).toEqual([null, null]);
    expect(keyWarning(both)).toBeUndefined();
  });

  it('warns of a key that has expired without a successor, in words and as a negative number of days', async () => {
    const board = keyBoard([await listed(1, -100, -2)], NOW);
    expect(board).toMatchObject([{ state: 'expired', daysLeft: -2, warning: 7 }]);
    expect(keyWarning(board)).toBe('c_d150 signing-g1 has expired');
  });

  it('is measured in seconds, without what is over', async () => {
    const metrics = new Registry();
    const board = keyBoard([await listed(1, -100, -2), await listed(2, -1, 10)], NOW);
    measureKeys(
      metrics,
      () => board,
      () => NOW,
    );
    const lines = (await metrics.metrics())
      .split('\n')
      .filter((line) => !line.startsWith('#') && line !== '');
    expect(lines).toEqual([
      'certificate_expires_seconds{holder="c_d150",role="authority",purpose="signing",generation="2"} 864000',
    ]);
  });
});
