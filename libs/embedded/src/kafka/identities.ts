import { HubError } from '#errors';
import type { NetworkPki } from '../pki/network-pki.ts';
import type { KafkaConnection } from './connection.ts';

/** The files with which a holder opens a connection. */
export type ClientFiles = Omit<KafkaConnection, 'brokers'>;

/** Who connects with which files, and the name the brokers give each (without `User:`). */
export interface KafkaIdentities {
  readonly admin: ClientFiles;
  readonly holders: Readonly<Record<string, ClientFiles>>;
  readonly principals: Readonly<Record<string, string>>;
}

/** The identities of the network's own development certificates. */
export function localIdentities(pki: NetworkPki): KafkaIdentities {
  const files = ({
    certFile,
    keyFile,
  }: {
    readonly certFile: string;
    readonly keyFile: string;
  }): ClientFiles => ({
    caFile: pki.ca.certFile,
    certFile,
    keyFile,
  });
  const holders = Object.values(pki.holders);
  return {
    admin: files(pki.admin),
    holders: Object.fromEntries(holders.map(({ holder, transport }) => [holder, files(transport)])),
    principals: Object.fromEntries(holders.map(({ holder, transport }) => [holder, transport.principal])),
  };
}

/** @throws HubError `PKI_INVALID` for a holder without a certificate in this network */
export function connectionOf(
  identities: KafkaIdentities,
  brokers: readonly string[],
  holder: string,
): KafkaConnection {
  const files = identities.holders[holder];
  if (files === undefined) throw new HubError('PKI_INVALID', `${holder} has no certificate in this network`);
  return { brokers, ...files };
}
