import { loadCatalogue } from '#contracts';
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

  constructor(ledger: RegistryLedger, config: RegistryConfig) {
    this.#ledger = ledger;
    this.#config = config;
  }

  /** @throws HubError `CATALOGUE_INVALID`, `CATALOGUE_CONFLICT`, `CERTIFICATES_UNREADABLE`, `ID_MALFORMED` */
  async run(): Promise<readonly PublishedEntry[]> {
    const wanted = this.#read();
    return await this.#ledger.publish((current) => planChanges(wanted, current));
  }

  #read(): NetworkSource {
    const { catalogueDir, certificatesFile, membersFile } = this.#config;
    const catalogue = loadCatalogue(catalogueDir);
    const nodeUrls = membersFile === undefined ? new Map<string, string>() : readNodeUrls(membersFile);
    const bodies = catalogue.bodies.map((body) => withNodeUrl(body, nodeUrls));
    return { ...catalogue, bodies, ...readCertificates(certificatesFile) };
  }
}
