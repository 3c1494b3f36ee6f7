export { startGuardian, type Guardian } from './guardian/guardian.ts';
export type { RunningKafka } from './kafka/broker.ts';
export { brokerProperties, type BrokerPlace } from './kafka/broker-properties.ts';
export { openClient, type KafkaConnection } from './kafka/connection.ts';
export { findJava, type NoWay } from './kafka/find-java.ts';
export {
  startKafkaCluster,
  type ClusterBroker,
  type KafkaCluster,
  type KafkaClusterOptions,
} from './kafka/jvm-cluster.ts';
export { cacheDir } from './kafka/jars.ts';
export { startKafka, type KafkaOptions } from './kafka/start-kafka.ts';
export {
  issueAuthority,
  issueCertificate,
  crossCertify,
  issueCrl,
  type CertificateRequest,
  type IssuedCertificate,
  type Revoked,
  type Validity,
} from './pki/issue.ts';
export {
  ensureNetworkPki,
  type CertificateFiles,
  type Holder,
  type HolderFiles,
  type NetworkPki,
  type TransportFiles,
} from './pki/network-pki.ts';
export { findRoot, makeNextRoot, type NextRoot } from './pki/next-root.ts';
export { promoteNextKey, stageNextKey, type KeyHolder, type StagedKey } from './pki/next-key.ts';
export { fingerprintOf, principalOf } from './pki/principal.ts';
export type { CertificatePurpose, HolderRole, HolderSubject, Subject } from './pki/subject.ts';
export type { RunningPostgres } from './postgres/postgres.ts';
export { startPostgres, type PostgresOptions } from './postgres/start-postgres.ts';
export { identify, isRunning, type ProcessIdentity } from './process/identity.ts';
export { freePort, portLike } from './process/ports.ts';
export { inProject } from './project-root.ts';
export { provisionTopics, withdrawPrincipal, type Principal, type ProvisionRequest } from './provision.ts';
export { groupPrefix } from './limits.ts';
