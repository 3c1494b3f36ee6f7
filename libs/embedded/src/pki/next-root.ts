import { mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError } from '#errors';
import { fingerprintOf } from './principal.ts';
import { crossCertify, issueAuthority, issueCertificate, type IssuedCertificate } from './issue.ts';
import { DEVELOPMENT_CA_NAME } from './subject.ts';

const DAY_MS = 86_400_000;
/** Life of the authority's certificate and of the registry's. */
const ROOT_DAYS = 3_650;
const CERTIFICATE_DAYS = 730;

/** A development root that may follow the present one, as the registry's `ROOTS_DIR` wants it. */
export interface NextRoot {
  /** With `root.crt.pem`, `root.key.pem`, `new-with-old.crt.pem`, `signing.crt.pem` and `signing.key.pem` in it. */
  readonly dir: string;
  /** SHA-256 of the root's DER, lower hex. */
  readonly fingerprint: string;
}

/**
 * Makes a new root under `dir`, certified by the one in force, and the registry's signing certificate under it. The
 * folder appears whole or not at all.
 */
export async function makeNextRoot(options: {
  readonly dir: string;
  /** The root in force, with its key. */
  readonly current: IssuedCertificate;
  /** The registry's name in its certificates. */
  readonly holder: string;
  readonly now?: Date;
}): Promise<NextRoot> {
  const { dir, current, holder, now = new Date() } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const number = (await readdir(dir)).filter((name) => /^[0-9]+$/.test(name)).length + 1;
  const until = (days: number): Date => new Date(now.getTime() + days * DAY_MS);
  const root = await issueAuthority(
    { notBefore: now, notAfter: until(ROOT_DAYS) },
    `${DEVELOPMENT_CA_NAME}, root ${number + 1}`,
  );
  const validity = { notBefore: now, notAfter: until(CERTIFICATE_DAYS) };
  const newWithOld = await crossCertify(current, root.certificate, validity);
  const own = await issueCertificate(root, {
    subject: { holder, role: 'registry', purpose: 'signing', generation: number + 1 },
    ...validity,
  });
  const files = [
    ['root.crt.pem', root.certificate, 0o644],
    ['root.key.pem', root.key, 0o600],
    ['new-with-old.crt.pem', newWithOld, 0o644],
    ['signing.crt.pem', own.certificate, 0o644],
    ['signing.key.pem', own.key, 0o600],
  ] as const;
  // Beside `dir`, so that whoever reads it never meets a folder that is not complete.
  const part = await mkdtemp(`${dir}.part-`);
  for (const [name, text, mode] of files) await writeFile(join(part, name), `${text.trimEnd()}\n`, { mode });
  const place = join(dir, String(number));
  await rename(part, place);
  return { dir: place, fingerprint: fingerprintOf(root.certificate) };
}

/**
 * The root with that fingerprint among the network's own: its first one in `pkiDir`, or one that has followed, in `dir`.
 * @throws HubError `PKI_INVALID` if its certificate or key is not there
 */
export async function findRoot(pkiDir: string, dir: string, fingerprint: string): Promise<IssuedCertificate> {
  const later = (await readdir(dir).catch(() => [])).map((folder) => [
    join(dir, folder, 'root.crt.pem'),
    join(dir, folder, 'root.key.pem'),
  ]);
  for (const [certFile, keyFile] of [[join(pkiDir, 'ca.crt.pem'), join(pkiDir, 'ca.key.pem')], ...later]) {
    if (certFile === undefined || keyFile === undefined) continue;
    const certificate = await readFile(certFile, 'utf8').catch(() => undefined);
    if (certificate === undefined || fingerprintOf(certificate) !== fingerprint) continue;
    const key = await readFile(keyFile, 'utf8').catch(() => undefined);
    if (key !== undefined) return { certificate, key };
  }
  throw new HubError(
    'PKI_INVALID',
    `the key of the root ${fingerprint} is not under ${pkiDir}: it has to certify the next one`,
  );
}
