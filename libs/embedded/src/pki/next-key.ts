/** A holder's next signing key: issued beside the one in use, taken up by its node, then put in its place. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import { issueCertificate } from './issue.ts';
import { CERTIFICATE_DAYS, daysAfter, generationOf, loadPair, storePair } from './network-pki.ts';
import { fingerprintOf } from './principal.ts';
import type { HolderRole } from './subject.ts';

/** Where a node looks for its next key, beside the paths of the one in use (`libs/node`, rotating-signer.ts). */
const NEXT_KEY_SUFFIX = '.next';

export interface StagedKey {
  /** PEM. */
  readonly certificate: string;
  readonly fingerprint: string;
  readonly generation: number;
}

export interface KeyHolder {
  /** Folder of the network's certificates. */
  readonly dir: string;
  readonly holder: string;
  readonly role: HolderRole;
}

/**
 * Issues the next generation of a holder's signing key, valid from `from` on, beside the one in use. A key that is staged
 * already is given again: a rotation that was cut off goes on where it was.
 * @throws HubError `PKI_INVALID` if the authority's key or the key in use cannot be read
 */
export async function stageNextKey(of: KeyHolder, from: Date): Promise<StagedKey> {
  const { dir, holder, role } = of;
  const { current, next } = placesOf(of);
  const authority = await loadPair({ certFile: join(dir, 'ca.crt.pem'), keyFile: join(dir, 'ca.key.pem') });
  const used = await loadPair(current);
  if (authority === undefined || used === undefined)
    throw new HubError('PKI_INVALID', `${dir} does not hold the authority and the key of ${holder}`);
  const wanted = { holder, role, purpose: 'signing' } as const;
  const generation = generationOf(used.certificate, wanted, authority, current.certFile) + 1;
  const staged = await loadPair(next);
  if (
    staged !== undefined &&
    generationOf(staged.certificate, wanted, authority, next.certFile) === generation
  )
    return stagedKey(staged.certificate, generation);
  const issued = await issueCertificate(authority, {
    subject: { ...wanted, generation },
    notBefore: from,
    notAfter: daysAfter(from, CERTIFICATE_DAYS),
  });
  await storePair(next, issued);
  return stagedKey(issued.certificate, generation);
}

/**
 * Puts the staged key in the place of the one in use, once the node signs with it. The old certificate is kept under its
 * generation, the old private key is not.
 * @throws HubError `PKI_INVALID` if nothing is staged
 */
export async function promoteNextKey(of: KeyHolder, generation: number): Promise<void> {
  const { current, next } = placesOf(of);
  const staged = await loadPair(next);
  if (staged === undefined) throw new HubError('PKI_INVALID', `no key of ${of.holder} is staged`);
  await copyFile(current.certFile, current.certFile.replace('.crt.pem', `-g${generation - 1}.crt.pem`));
  await storePair(current, staged);
  // Last: until then a node that starts finds at least one whole pair.
  await rm(next.certFile);
  await rm(next.keyFile);
}

function stagedKey(certificate: string, generation: number): StagedKey {
  return { certificate, generation, fingerprint: fingerprintOf(certificate) };
}

function placesOf({ dir, holder }: KeyHolder) {
  const current = {
    certFile: join(dir, holder, 'signing.crt.pem'),
    keyFile: join(dir, holder, 'signing.key.pem'),
  };
  const next = {
    certFile: `${current.certFile}${NEXT_KEY_SUFFIX}`,
    keyFile: `${current.keyFile}${NEXT_KEY_SUFFIX}`,
  };
  return { current, next };
}
