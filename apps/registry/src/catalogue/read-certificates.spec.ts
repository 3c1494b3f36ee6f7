import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueCertificate, type IssuedCertificate, type Subject } from '#embedded';
import type { HubError } from '#errors';
import { readCertificates } from './read-certificates.ts';

const VALIDITY = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2028-01-01T00:00:00Z') };
const P_CR = { holder: 'p_cr', role: 'authority', purpose: 'signing', generation: 2 } as const;

let dir: string;
let ca: IssuedCertificate;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reset-hub-certificates-'));
  ca = await issueAuthority(VALIDITY);
  await writeFile(join(dir, 'ca.pem'), ca.certificate);
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function manifest(content: unknown): Promise<string> {
  const path = join(dir, 'certificates.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function certificateBy(issuer: IssuedCertificate, subject: Subject | typeof P_CR): Promise<string> {
  const issued = await issueCertificate(issuer, { subject, purpose: 'signing', ...VALIDITY });
  await writeFile(join(dir, 'one.pem'), issued.certificate);
  return await manifest({ anchors: ['ca.pem'], certificates: ['one.pem'] });
}

function refusal(path: string): HubError | undefined {
  try {
    readCertificates(path);
    return undefined;
  } catch (error) {
    return error as HubError;
  }
}

describe('the manifest of certificates', () => {
  it('takes holder, role and purpose from each certificate', async () => {
    const { anchors, certificates } = readCertificates(await certificateBy(ca, P_CR));
    expect(anchors).toHaveLength(1);
    expect(certificates).toMatchObject([
      { holder: 'p_cr', role: 'authority', purpose: 'signing', notAfter: '2028-01-01T00:00:00.000Z' },
    ]);
  });

  it('refuses a certificate of another authority, and one that names no role', async () => {
    const foreign = await certificateBy(await issueAuthority(VALIDITY), P_CR);
    expect(refusal(foreign)?.code).toBe('CERTIFICATES_UNREADABLE');
    const roleless = await certificateBy(ca, [{ CN: ['p_cr'] }, { O: ['Someone'] }]);
    expect(refusal(roleless)?.code).toBe('CERTIFICATES_UNREADABLE');
  });

  it('says which file cannot be read', async () => {
    const missing = await manifest({ anchors: ['absent.pem'], certificates: [] });
    expect(refusal(missing)?.message).toContain(join(dir, 'absent.pem'));
    expect(refusal(await manifest('{'))?.message).toContain('certificates.json');
    expect(refusal(await manifest({ anchors: [] }))?.code).toBe('CERTIFICATES_UNREADABLE');
  });
});
