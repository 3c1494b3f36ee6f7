import type { Catalogue } from '#contracts';
import type { NetworkCertificates } from './read-certificates.ts';

/** What the network should look like: the catalogue's data with the nodes' addresses, and the certificates. */
export type NetworkSource = Catalogue & NetworkCertificates;
