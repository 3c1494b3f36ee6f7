import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Debian and other systems put the module. */
const MODULE = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
].find((path) => existsSync(path));

/** Why tests with a token are skipped on this machine, or null if they run. */
export const NO_SOFT_HSM = MODULE === undefined ? 'SoftHSM is not installed (Debian: softhsm2)' : null;

const USER_PIN = '2468';
const SECURITY_OFFICER_PIN = '13579';

/** A folder of SoftHSM tokens of its own. One at a time in a process: the module reads its place from the environment. */
export class SoftHsm {
  readonly #home: string;
  /** The file that pin-source names. */
  readonly pinFile: string;
  readonly configFile: string;

  private constructor(home: string) {
    this.#home = home;
    this.pinFile = join(home, 'pin');
    this.configFile = join(home, 'softhsm2.conf');
  }

  static async create(): Promise<SoftHsm> {
    const hsm = new SoftHsm(await mkdtemp(join(tmpdir(), 'reset-hub-hsm-')));
    await mkdir(hsm.#tokens);
    await writeFile(hsm.configFile, `directories.tokendir = ${hsm.#tokens}\nlog.level = ERROR\n`);
    await hsm.setPin(USER_PIN);
    process.env['SOFTHSM2_CONF'] = hsm.configFile;
    return hsm;
  }

  get #tokens(): string {
    return join(this.#home, 'tokens');
  }

  async addToken(label: string): Promise<void> {
    await this.#util(
      ...['--init-token', '--free', '--label', label],
      ...['--pin', USER_PIN, '--so-pin', SECURITY_OFFICER_PIN],
    );
  }

  /** @param keyPem PKCS #8 @param id hexadecimal */
  async importKey(keyPem: string, token: string, label: string, id: string): Promise<void> {
    const file = join(this.#home, `${label}-${id}.pem`);
    await writeFile(file, keyPem, { mode: 0o600 });
    await this.#util(
      ...['--import', file, '--token', token, '--label', label, '--id', id],
      ...['--pin', USER_PIN, '--force'],
    );
    await rm(file);
  }

  /** @param path what comes before the question mark: `token=…;object=…` */
  uri(path: string): string {
    return `pkcs11:${path}?module-path=${MODULE ?? ''}&pin-source=${pathToFileURL(this.pinFile).href}`;
  }

  /** Writes another PIN into the PIN's file; the tokens keep theirs. */
  async setPin(pin = USER_PIN): Promise<void> {
    await writeFile(this.pinFile, `${pin}\n`, { mode: 0o600 });
  }

  /** Pulls out every token. */
  async unplug(): Promise<void> {
    await rename(this.#tokens, `${this.#tokens}.away`);
    await mkdir(this.#tokens);
  }

  /** Puts them back. */
  async plug(): Promise<void> {
    await rm(this.#tokens, { recursive: true });
    await rename(`${this.#tokens}.away`, this.#tokens);
  }

  async remove(): Promise<void> {
    delete process.env['SOFTHSM2_CONF'];
    await rm(this.#home, { recursive: true });
  }

  async #util(...args: readonly string[]): Promise<void> {
    await run('softhsm2-util', args, { env: { ...process.env, SOFTHSM2_CONF: this.configFile } });
  }
}
