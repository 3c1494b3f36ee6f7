import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf } from './principal.ts';
import { issueAuthority, issueCertificate } from './issue.ts';
import { DEVELOPMENT_CA_NAME } from './subject.ts';

const DAY_MS = 86_400_000;
/** Life of the authority's certificate and of the registry's. */
const ROOT_DAYS = 3_650;
const CERTIFICATE_DAYS = 730;

/** A development root that may follow the present one, as the registry's `ROOTS_DIR` wants it. */
export interface NextRoot {
  /** With `root.crt.pem`, `root.key.pem`, `signing.crt.pem` and `signing.key.pem` in it. */
  readonly dir: string;
  /** SHA-256 of the root's DER, lower hex. */
  readonly fingerprint: string;
}

/** Makes a new root under `dir`, and the registry's signing certificate under it. The folder appears whole or not at all. */
export async function makeNextRoot(options: {
  readonly dir: string;
  /** The registry's name in its certificates. */
  readonly holder: string;
  readonly now?: Date;
}): Promise<NextRoot> {
  const { dir, holder, now = new Date() } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const number = (await readdir(dir)).filter((name) => /^[0-9]+$/.test(name)).length + 1;
  const until = (days: number): Date => new Date(now.getTime() + days * DAY_MS);
  const root = await issueAuthority(
    { notBefore: now, notAfter: until(ROOT_DAYS) },
    `${DEVELOPMENT_CA_NAME}, root ${number + 1}`,
  );
  const own = await issueCertificate(root, {
    subject: { holder, role: 'registry', purpose: 'signing', generation: number + 1 },
    notBefore: now,
    notAfter: until(CERTIFICATE_DAYS),
  });
  const files = [
    ['root.crt.pem', root.certificate, 0o644],
    ['root.key.pem', root.key, 0o600],
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
