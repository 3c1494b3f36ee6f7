import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '#contracts';
import { HubError } from '#errors';
import { pemSigner, type Signer } from '#evidence';
import { rootOfTrust, type RootOfTrust } from '#registry-chain';

/** A root that may follow, and the registry's own certificate under it. */
export interface Successor {
  readonly root: RootOfTrust;
  /** PEM. */
  readonly certificate: string;
  /** Its name and key certified by the root before it (RFC 4210 §4.4): PEM. */
  readonly newWithOld: string;
  readonly signer: Signer;
}

/**
 * The keys with which the registry signs: its configured one, and one under each root that lies ready in `ROOTS_DIR`.
 * Which of them speaks follows from the chain alone, so a restart in the middle of a rotation needs no other
 * configuration.
 */
export class Roots {
  readonly #own: Signer;
  readonly #dir: string | undefined;
  readonly #known = new Map<Sha256, Successor>();

  constructor(own: Signer, dir: string | undefined) {
    this.#own = own;
    this.#dir = dir;
  }

  /** The signer under that root: the configured one where none lies ready for it. */
  signerUnder(root: Sha256): Signer {
    if (!this.#known.has(root)) this.#load();
    return this.#known.get(root)?.signer ?? this.#own;
  }

  /**
   * What lies ready, read anew.
   * @throws HubError `ROOT_NOT_READY` naming the folder that is not complete
   */
  successors(): readonly Successor[] {
    this.#load();
    return [...this.#known.values()];
  }

  #load(): void {
    for (const folder of this.#folders()) {
      const successor = readSuccessor(folder);
      this.#known.set(successor.root.fingerprint, successor);
    }
  }

  #folders(): readonly string[] {
    const dir = this.#dir;
    if (dir === undefined) return [];
    try {
      const entries = readdirSync(dir, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
    } catch {
      // The folder comes when the first successor is made.
      return [];
    }
  }
}

function readSuccessor(folder: string): Successor {
  try {
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const certificate = read('root.crt.pem');
    const root = rootOfTrust(certificate, new X509Certificate(certificate).fingerprint256);
    const newWithOld = read('new-with-old.crt.pem');
    return {
      root,
      certificate,
      newWithOld,
      signer: pemSigner(read('signing.crt.pem'), read('signing.key.pem')),
    };
  } catch (cause) {
    throw new HubError('ROOT_NOT_READY', `${folder} does not hold a root and the registry's key under it`, {
      cause,
      details: { folder },
    });
  }
}
