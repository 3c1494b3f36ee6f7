import { readFileSync } from 'node:fs';
import { pemSigner, type Signer } from '#evidence';
import type { HeldSigner } from '#hsm';
import { readPem, type Clock, type Logger } from '#platform';
import type { RegistryView } from '#registry-view';

/** Appended to `SIGNING_CERT` and `SIGNING_KEY`: where a node finds its next key, until that is put in their place. */
const NEXT_KEY_SUFFIX = '.next';
/** How often the key files are looked at, milliseconds; a change of the registry is looked at at once. */
const LOOK_MS = 2_000;

export interface KeyFiles {
  /** The node's holder, for a certificate of another issuer, whose subject does not name it. */
  readonly NODE_NAME: string;
  readonly SIGNING_CERT: string;
  readonly SIGNING_KEY: string;
}

/** What the choice of a key asks of the registry. */
export type KeyRegistry = Pick<RegistryView, 'certificate' | 'onChange'>;

/** The key that a node signs with. */
export interface NodeSigner extends HeldSigner {
  /** Takes up the node's next key when the registry lists it, again and again, until it is closed. */
  follow(registry: KeyRegistry, logger: Pick<Logger, 'info'>, clock: Clock): void;
}

/**
 * The key that a node signs with, in PEM files, changed while it runs. Of the keys that lie in its files (the one in use and the next)
 * it takes the one of the highest generation that is valid now and that the registry, as this node knows it, lists:
 * whoever has read as far can verify what it signs.
 *
 * Nothing is signed half with one key and half with another: a signature reads the certificate and begins to sign in one
 * go, and the key changes between two of them.
 */
export class RotatingSigner implements NodeSigner {
  readonly #files: KeyFiles;
  readonly #unfollow: (() => void)[] = [];
  #current: Signer;
  #seen = '';
  #keys: readonly Signer[] = [];

  /** @throws HubError `SIGNING_KEY_UNUSABLE`, `CERTIFICATE_MALFORMED`, `TLS_FILE_UNREADABLE` if no key can be used */
  constructor(files: KeyFiles) {
    this.#files = files;
    this.#read();
    this.#current = this.#keys[0] ?? pairOf(files, '');
  }

  get certificate(): Signer['certificate'] {
    return this.#current.certificate;
  }

  get holder(): string {
    return this.#current.holder;
  }

  sign(data: Buffer): Promise<Buffer> {
    return this.#current.sign(data);
  }

  /**
   * Looks at the files and the registry, and takes the key that is to be used now.
   * @returns true if it is another one
   */
  look(registry: Pick<KeyRegistry, 'certificate'>, now: Date): boolean {
    this.#read();
    const usable = this.#keys.filter((key) => isUsable(key, registry, now));
    const best = usable.reduce<Signer | undefined>(newer, undefined);
    if (best === undefined || fingerprintOf(best) === fingerprintOf(this.#current)) return false;
    this.#current = best;
    return true;
  }

  follow(registry: KeyRegistry, logger: Pick<Logger, 'info'>, clock: Clock): void {
    const look = (): void => {
      if (!this.look(registry, clock.now())) return;
      const { fingerprint, subject } = this.certificate;
      logger.info({ fingerprint, generation: subject?.generation }, 'this node signs with its next key');
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    this.#unfollow.push(registry.onChange(look), () => {
      clearInterval(timer);
    });
  }

  /** A key that has been read can sign. */
  check(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    for (const stop of this.#unfollow.splice(0)) stop();
    return Promise.resolve();
  }

  /** Reads the pairs that are whole; files that have not changed are not parsed again. */
  #read(): void {
    const seen = ['', NEXT_KEY_SUFFIX].map((suffix) => textOf(this.#files, suffix)).join('\0');
    if (seen === this.#seen) return;
    this.#seen = seen;
    // A pair that is being written is left out, and read when it is whole.
    this.#keys = ['', NEXT_KEY_SUFFIX].flatMap((suffix) => {
      try {
        return [pairOf(this.#files, suffix)];
      } catch {
        return [];
      }
    });
  }
}

function pairOf({ NODE_NAME, SIGNING_CERT, SIGNING_KEY }: KeyFiles, suffix: string): Signer {
  return pemSigner(
    readPem(`${SIGNING_CERT}${suffix}`).toString(),
    readPem(`${SIGNING_KEY}${suffix}`).toString(),
    NODE_NAME,
  );
}

function textOf({ SIGNING_CERT, SIGNING_KEY }: KeyFiles, suffix: string): string {
  return [SIGNING_CERT, SIGNING_KEY]
    .map((path) => {
      try {
        return readFileSync(`${path}${suffix}`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\0');
}

function isUsable(key: Signer, registry: Pick<KeyRegistry, 'certificate'>, now: Date): boolean {
  const { notBefore, notAfter } = key.certificate;
  const listed = registry.certificate(fingerprintOf(key));
  if (listed === undefined || now < notBefore || now > notAfter) return false;
  return listed.revokedFrom === null || now.getTime() < Date.parse(listed.revokedFrom);
}

function newer(one: Signer | undefined, other: Signer): Signer {
  return one !== undefined && generationOf(one) >= generationOf(other) ? one : other;
}

function generationOf({ certificate }: Signer): number {
  return certificate.subject?.generation ?? 0;
}

function fingerprintOf({ certificate }: Signer): Signer['certificate']['fingerprint'] {
  return certificate.fingerprint;
}
