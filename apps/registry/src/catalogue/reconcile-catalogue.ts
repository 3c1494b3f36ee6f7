import { loadCatalogue } from '#contracts';
import { HubError } from '#errors';
import type { RegistryConfig } from '../config.ts';
import type { PublishedEntry, RegistryLedger } from '../ledger/registry-ledger.ts';
import type { NetworkSource } from './network-source.ts';
import { planChanges } from './plan-changes.ts';
import { readCertificates } from './read-certificates.ts';
import { readNodeUrls, withNodeUrl } from './read-members.ts';

/**
 * Makes the registry say what the catalogue, the certificates and the members' addresses say: founds the network the
 * first time, publishes what has changed later, nothing when nothing has.
 */
export class ReconcileCatalogue {
  readonly #ledger: RegistryLedger;
  readonly #config: RegistryConfig;
  #fault: HubError | null = null;

  constructor(ledger: RegistryLedger, config: RegistryConfig) {
    this.#ledger = ledger;
    this.#config = config;
  }

  /** Why the registry does not say what the catalogue says; null if it did when it was last compared. */
  get fault(): HubError | null {
    return this.#fault;
  }

  /** @throws HubError `CATALOGUE_INVALID`, `CATALOGUE_CONFLICT`, `CERTIFICATES_UNREADABLE`, `ID_MALFORMED` */
  async run(): Promise<readonly PublishedEntry[]> {
    try {
      const wanted = this.#read();
      const published = await this.#ledger.publish((current) => planChanges(wanted, current));
      this.#fault = null;
      return published;
    } catch (error) {
      this.#fault =
        error instanceof HubError ? error : new HubError('INTERNAL_ERROR', String(error), { cause: error });
      throw error;
    }
  }

  /** Reads what is to be published, and publishes nothing. @throws HubError as `run`, but `CATALOGUE_CONFLICT` */
  check(): void {
    this.#read();
  }

  #read(): NetworkSource {
    const { catalogueDir, certificatesFile, membersFile } = this.#config;
    const catalogue = loadCatalogue(catalogueDir);
    const nodeUrls = membersFile === undefined ? new Map<string, string>() : readNodeUrls(membersFile);
    const bodies = catalogue.bodies.map((body) => withNodeUrl(body, nodeUrls));
    return { ...catalogue, bodies, ...readCertificates(certificatesFile) };
  }
}
