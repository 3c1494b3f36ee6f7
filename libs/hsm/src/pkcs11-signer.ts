import { HubError } from '#errors';
import { readSignerCertificate, type Signer } from '#evidence';
import type { Clock, Logger } from '#platform';
import type { Cryptoki } from './cryptoki.ts';
import type { KeyReference } from './pkcs11-uri.ts';
import { closeQuietly, openTokenKey, type TokenKey } from './token-key.ts';
import { mechanismFor, type TokenMechanism } from './token-mechanism.ts';
import { loadCryptoki, TokenModule, type CryptokiLoader } from './token-module.ts';

/** A signer that holds something open. */
export interface HeldSigner extends Signer {
  /** Null if the key can sign, as far as is known; else why it cannot. After a failure it is asked again. */
  check(): Promise<HubError | null>;
  /** Ends session and login. Afterwards it signs nothing. */
  close(): Promise<void>;
}

export interface Pkcs11SignerOptions {
  readonly certificatePem: string;
  /** For a certificate of an issuer that is not of the network: whom the registry lists it for. */
  readonly holder?: string;
  readonly key: KeyReference;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds until a call gives up on the token; {@link DEADLINE_MS} unless given. */
  readonly deadlineMs?: number;
  /** For tests: wraps the module's functions. */
  readonly load?: CryptokiLoader;
}

/** A caller waits no longer, milliseconds: it may hold a database transaction. A network HSM needs 1 to 50. */
const DEADLINE_MS = 10_000;
/** After a failure the token is left alone for so long, milliseconds: with it away, each attempt may last seconds. */
const PAUSE_MS = 1_000;
const PROBE = Buffer.from('reset-hub: is this the key of the certificate?');
/**
 * A signer whose key is in a token behind PKCS #11. The key has signed a probe that the certificate verifies before it
 * is given to anybody.
 * @throws HubError `CERTIFICATE_MALFORMED`, `SIGNING_KEY_UNUSABLE`, `PKCS11_MODULE_UNUSABLE`, `HSM_TOKEN_ABSENT`,
 *   `HSM_TOKEN_AMBIGUOUS`, `HSM_PIN_REFUSED`, `HSM_PIN_LOCKED`, `HSM_KEY_ABSENT`, `HSM_KEY_AMBIGUOUS`,
 *   `SIGNING_KEY_UNAVAILABLE` for whatever else the token answers, or if it does not
 */
export async function openPkcs11Signer(options: Pkcs11SignerOptions): Promise<HeldSigner> {
  const identity = readSignerCertificate(options.certificatePem, options.holder);
  const mechanism = mechanismFor(identity.certificate);
  const module = await TokenModule.join(options.key.modulePath, options.load ?? loadCryptoki);
  const signer = new Pkcs11Signer(options, identity, mechanism, module);
  try {
    await signer.sign(PROBE);
  } catch (error) {
    await signer.close();
    // At the start it is the reason itself that counts.
    throw error instanceof HubError && error.cause instanceof HubError ? error.cause : error;
  }
  return signer;
}

class Pkcs11Signer implements HeldSigner {
  readonly certificate: Signer['certificate'];
  readonly holder: string;
  readonly #options: Pkcs11SignerOptions;
  readonly #mechanism: TokenMechanism;
  readonly #module: TokenModule;
  #open: (TokenKey & { readonly epoch: number }) | undefined;
  /** The module's epoch in which something failed: it is initialized anew before the next attempt. */
  #failedIn: number | undefined;
  #failure: { readonly error: HubError; readonly at: number } | undefined;
  /** A call has passed its deadline, and the module has not come back from it. */
  #overdue = false;
  #closing: Promise<void> | undefined;

  constructor(
    options: Pkcs11SignerOptions,
    identity: Pick<Signer, 'certificate' | 'holder'>,
    mechanism: TokenMechanism,
    module: TokenModule,
  ) {
    this.certificate = identity.certificate;
    this.holder = identity.holder;
    this.#options = options;
    this.#mechanism = mechanism;
    this.#module = module;
  }

  async check(): Promise<HubError | null> {
    if (this.#failure === undefined) return null;
    try {
      await this.sign(PROBE);
      return null;
    } catch (error) {
      return unavailable(error);
    }
  }

  /** @throws HubError `SIGNING_KEY_UNAVAILABLE`, always: what is wrong with a token is no fault of what is to be signed */
  async sign(data: Buffer): Promise<Buffer> {
    if (this.#closing !== undefined) throw unavailable('the signer is closed');
    // A caller behind a failure is told the same at once: nobody piles up before a token that is away.
    if (this.#overdue || this.#isPausing()) throw this.#refusal();
    const caller = { waits: true };
    const turn = this.#module.run((cryptoki) => {
      if (!caller.waits || this.#isPausing()) throw this.#refusal();
      return this.#takeTurn(cryptoki, data);
    });
    try {
      return await within(this.#deadlineMs, turn);
    } catch (error) {
      // What had not begun by the deadline is not begun; what had, is waited for by nobody.
      this.#overdue = error instanceof Late;
      throw this.#failed(error);
    } finally {
      caller.waits = false;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const ended = (async () => {
      await this.#module.run((cryptoki) => this.#drop(cryptoki));
      await this.#module.leave();
    })();
    // A module that hangs cannot be ended; the process can.
    await within(this.#deadlineMs, ended).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'the session with the token was not ended');
    });
  }

  get #deadlineMs(): number {
    return this.#options.deadlineMs ?? DEADLINE_MS;
  }

  async #takeTurn(cryptoki: Cryptoki, data: Buffer): Promise<Buffer> {
    try {
      const value = await this.#signWithReopening(cryptoki, data);
      if (this.#failure !== undefined) this.#options.logger.info('the signing key is available again');
      this.#failure = undefined;
      return value;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#overdue = false;
    }
  }

  /**
   * Makers answer a lost session with many codes. So any failure of a session that was open is met in one way: the
   * module starts anew, a new session opens, one more attempt. A session that has just been opened gets no second one.
   */
  async #signWithReopening(cryptoki: Cryptoki, data: Buffer): Promise<Buffer> {
    if (this.#open?.epoch === this.#module.epoch) {
      try {
        return await this.#signOnce(cryptoki, data, this.#open);
      } catch (error) {
        this.#options.logger.warn({ err: error }, 'the token did not sign; its session is opened anew');
        await this.#drop(cryptoki);
      }
    }
    try {
      return await this.#signOnce(cryptoki, data, await this.#reopen(cryptoki));
    } catch (error) {
      await this.#drop(cryptoki);
      throw error;
    }
  }

  async #reopen(cryptoki: Cryptoki): Promise<TokenKey> {
    if (this.#failedIn === this.#module.epoch) await this.#module.restart();
    const key = await openTokenKey(
      cryptoki,
      { ...this.#options.key, keyType: this.#mechanism.keyType },
      this.#module.refusedPins,
    );
    this.#open = { ...key, epoch: this.#module.epoch };
    return this.#open;
  }

  /** Nothing leaves here that the certificate does not verify: a token may fail, or hold another key when it is back. */
  async #signOnce(cryptoki: Cryptoki, data: Buffer, { session, key }: TokenKey): Promise<Buffer> {
    const { mechanism, input, accepts } = this.#mechanism;
    const value = await cryptoki.sign(session, mechanism, key, input(data));
    if (accepts(data, value)) return value;
    throw new HubError('SIGNING_KEY_UNUSABLE', 'the key in the token is not the certificate’s');
  }

  /** Ends the session if there is one of now. */
  async #drop(cryptoki: Cryptoki): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#failedIn = this.#module.epoch;
    if (open?.epoch === this.#module.epoch) await closeQuietly(cryptoki, open.session);
  }

  #isPausing(): boolean {
    return this.#failure !== undefined && this.#options.clock.now().getTime() < this.#failure.at + PAUSE_MS;
  }

  #refusal(): HubError {
    return this.#failure?.error ?? unavailable('nobody waits for it any more');
  }

  /** Remembers a failure, unless it is the one that is remembered. */
  #failed(cause: unknown): HubError {
    const error = unavailable(cause);
    if (this.#failure?.error === error) return error;
    if (this.#failure === undefined)
      this.#options.logger.warn({ err: error }, 'the signing key is unavailable');
    this.#failure = { error, at: this.#options.clock.now().getTime() };
    return error;
  }
}

class Late extends Error {
  override readonly name = 'Late';
}

/** @throws Late */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Late(`no answer within ${ms} ms`));
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param cause an error, or a sentence */
function unavailable(cause: unknown): HubError {
  if (cause instanceof HubError && cause.code === 'SIGNING_KEY_UNAVAILABLE') return cause;
  const reason = cause instanceof HubError ? `${cause.code}: ${cause.message}` : String(cause);
  return new HubError('SIGNING_KEY_UNAVAILABLE', reason, { cause });
}
