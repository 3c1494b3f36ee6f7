import { webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';

import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

import type { MutualTlsFiles } from '../config/fragments.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const NOT_QUALIFIED = 'O=Test (not qualified)';
const VALIDITY = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-01-01T00:00:00Z') };

/** A certificate authority of one test, and one certificate of it for localhost, as PEM files in a new folder. */
export async function makeCertificateFiles(name: string): Promise<MutualTlsFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'platform-tls-'));
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...VALIDITY,
    name: `CN=${name} authority,${NOT_QUALIFIED}`,
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const leaf = await X509CertificateGenerator.create({
    ...VALIDITY,
    subject: `CN=${name},${NOT_QUALIFIED}`,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const write = (file: string, content: string): string => {
    const path = join(folder, file);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  return {
    ca: write('ca.pem', ca.toString('pem')),
    cert: write('cert.pem', leaf.toString('pem')),
    key: write('key.pem', await privateKeyPem(keys.privateKey)),
  };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
