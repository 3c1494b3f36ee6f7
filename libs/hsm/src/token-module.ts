import { HubError } from '#errors';
import { CryptokiError, type Cryptoki } from './cryptoki.ts';

/** Loads a module by the path of its shared library. */
export type CryptokiLoader = (modulePath: string) => Promise<Cryptoki>;

const modules = new Map<string, Promise<TokenModule>>();

/**
 * Koffi is an optional dependency, and native: it is loaded here, when a key in a token is configured, and not before.
 * @throws HubError `PKCS11_MODULE_UNUSABLE`
 */
export const loadCryptoki: CryptokiLoader = async (modulePath) => {
  try {
    const { loadNativeCryptoki } = await import('./native-cryptoki.ts');
    return loadNativeCryptoki(modulePath);
  } catch (cause) {
    throw unusable(modulePath, cause);
  }
};

/**
 * A module, one to a process however many keys are used through it: a process may initialize it once only (Cryptoki
 * 2.40 §5.4), and some modules take no two calls at a time.
 */
export class TokenModule {
  readonly #path: string;
  readonly #cryptoki: Cryptoki;
  readonly #refusedPins = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();
  #users = 0;
  #epoch = 0;

  private constructor(path: string, cryptoki: Cryptoki) {
    this.#path = path;
    this.#cryptoki = cryptoki;
  }

  /**
   * Takes part in the use of a module; `leave` ends it.
   * @throws HubError `PKCS11_MODULE_UNUSABLE`
   */
  static async join(path: string, load: CryptokiLoader): Promise<TokenModule> {
    const loading = modules.get(path) ?? load(path).then((cryptoki) => new TokenModule(path, cryptoki));
    modules.set(path, loading);
    let module: TokenModule;
    try {
      module = await loading;
    } catch (error) {
      modules.delete(path);
      throw error;
    }
    await module.#enter();
    return module;
  }

  /** Counts initializations. Handles of an earlier one mean nothing, or something else: handles are given out again. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Digests of PINs that the token has refused: no key of this process tries one again. */
  get refusedPins(): Set<string> {
    return this.#refusedPins;
  }

  /** Runs work that calls the module, after all that came before it: no two calls at a time. */
  run<T>(work: (cryptoki: Cryptoki) => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => work(this.#cryptoki));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /**
   * Initializes the module anew, within `run`: after a token was away, most modules only then look for it again.
   * @throws HubError `PKCS11_MODULE_UNUSABLE`
   */
  async restart(): Promise<void> {
    await this.#finalize();
    await this.#initialize();
  }

  /** The last to leave finalizes the module, which ends its sessions and logins. */
  async leave(): Promise<void> {
    await this.run(async () => {
      this.#users -= 1;
      if (this.#users === 0) await this.#finalize();
    });
  }

  async #enter(): Promise<void> {
    await this.run(async () => {
      if (this.#users === 0) await this.#initialize();
      this.#users += 1;
    });
  }

  async #initialize(): Promise<void> {
    try {
      await this.#cryptoki.initialize();
    } catch (cause) {
      throw unusable(this.#path, cause);
    }
    this.#epoch += 1;
  }

  /** A module that cannot even end is initialized anew all the same: that tells what is wrong with it. */
  async #finalize(): Promise<void> {
    try {
      await this.#cryptoki.finalize();
    } catch (error) {
      if (!(error instanceof CryptokiError)) throw error;
    }
  }
}

function unusable(path: string, cause: unknown): HubError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HubError('PKCS11_MODULE_UNUSABLE', `${path}: ${reason}`, { cause });
}
