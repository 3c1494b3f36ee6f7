/** SoftHSM with one key of each kind that the profile knows, and signers over it, for the specs of this room. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { NO_SOFT_HSM, SoftHsm, TEST_NOW, TestClock } from '#testing';
import type { Cryptoki } from './cryptoki.ts';
import { openPkcs11Signer, type HeldSigner, type Pkcs11SignerOptions } from './pkcs11-signer.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';
import { loadCryptoki } from './token-module.ts';
import { tokenIdentity, type KeyKind, type TokenIdentity } from './token-identity.fixture.ts';

export const DATA = Buffer.from('what is to be signed');
export const KINDS: readonly KeyKind[] = ['P-256', 'P-384', 'RSA 2048'];
export const P256 = 'token=Comune;object=P-256';
export const coded = (code: string): unknown => expect.objectContaining({ code });
export const containing = (text: string): unknown => expect.stringContaining(text);

/** Spellings of the module's path given out in this process: files that share a worker share its modules. */
let spellings = 0;

/** The token `Comune`; each key has its kind for a label, and the id 00, 01 or 02. */
export class TokenFixture {
  readonly #identities = new Map<KeyKind, TokenIdentity>();
  readonly #open = new Set<HeldSigner>();
  #hsm: SoftHsm | undefined;

  /** Call it at the file's top level. Where SoftHSM is absent the file's tests are skipped with that reason. */
  static forThisFile(): TokenFixture {
    const fixture = new TokenFixture();
    beforeAll(async () => {
      if (NO_SOFT_HSM === null) await fixture.#start();
    });
    beforeEach(({ skip }) => {
      skip(NO_SOFT_HSM !== null, NO_SOFT_HSM ?? '');
    });
    afterEach(async () => {
      for (const signer of fixture.#open) await signer.close();
      fixture.#open.clear();
      await fixture.#hsm?.setPin();
    });
    afterAll(async () => {
      await fixture.#hsm?.remove();
    });
    return fixture;
  }

  get hsm(): SoftHsm {
    if (this.#hsm === undefined) throw new Error('SoftHSM has not been started');
    return this.#hsm;
  }

  identityOf(kind: KeyKind): TokenIdentity {
    const identity = this.#identities.get(kind);
    if (identity === undefined) throw new Error(`no identity of ${kind}`);
    return identity;
  }

  /** A signer with the key that `path` names, and with the certificate of `kind`. */
  async signerOf(
    path: string,
    kind: KeyKind = 'P-256',
    options: Partial<Pkcs11SignerOptions> = {},
  ): Promise<HeldSigner> {
    const signer = await openPkcs11Signer({
      certificatePem: this.identityOf(kind).certificatePem,
      key: parsePkcs11Uri(this.hsm.uri(path)),
      clock: new TestClock(TEST_NOW),
      logger: { info: () => undefined, warn: () => undefined },
      ...options,
    });
    this.#open.add(signer);
    return signer;
  }

  /** The module, with some of its functions replaced. */
  loading(change: (real: Cryptoki) => Partial<Cryptoki>): Pick<Pkcs11SignerOptions, 'load' | 'key'> {
    const key = parsePkcs11Uri(this.hsm.uri(P256));
    // Another spelling of the path is another module to this room, and the same one to SoftHSM.
    spellings += 1;
    const modulePath = key.modulePath.replace('/', '/'.repeat(spellings + 1));
    return {
      key: { ...key, modulePath },
      load: async (path) => {
        const real = await loadCryptoki(path);
        return { ...real, ...change(real) };
      },
    };
  }

  async #start(): Promise<void> {
    this.#hsm = await SoftHsm.create();
    await this.#hsm.addToken('Comune');
    for (const [index, kind] of KINDS.entries()) {
      const identity = await tokenIdentity('c_d150', kind);
      this.#identities.set(kind, identity);
      await this.#hsm.importKey(identity.keyPem, 'Comune', kind, `0${index}`);
    }
  }
}
