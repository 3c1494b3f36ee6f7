import { CreateEquivocations1767225603120 } from '#equivocations';
import { QUARANTINE_MIGRATIONS } from '#quarantine';
import { CreateLostDocuments1767225604103 } from '../documents/create-lost-documents.ts';
import { PartitionFeed1767225603602 } from '../feed/partition-feed.ts';
import { CreatePartnerTally1767225603900 } from '../partners/create-partner-tally.ts';
import { CreateProtocol1767225602002 } from '../protocol/create-protocol.ts';
import { CreateReconciliation1767225603200 } from '../reconciliation/create-reconciliation.ts';
import { IndexEnded1767225604102 } from '../reconciliation/index-ended.ts';
import { CreateRetention1767225605400 } from '../retention/create-retention.ts';
import { CreateWebhooks1767225603400 } from '../webhooks/create-webhooks.ts';
import { CreateWitness1767225605001 } from '../witness/create-witness.ts';
import { CreateAuthority1767225602001 } from './create-authority.ts';
import { CreateGaps1767225603101 } from './create-gaps.ts';
import { CreateRecovery1767225603502 } from './create-recovery.ts';
import { FewerIndexes1767225604700 } from './fewer-indexes.ts';
import { ParkedReport1767225603305 } from './parked-report.ts';
import { PlainReceipts1767225604500 } from './plain-receipts.ts';
import { TuneReceiving1767225603700 } from './tune-receiving.ts';

/** The tables of a public body's node beside those that every node has. Only ever added to. */
export const AUTHORITY_MIGRATIONS = [
  ...QUARANTINE_MIGRATIONS,
  CreateAuthority1767225602001,
  CreateProtocol1767225602002,
  CreateGaps1767225603101,
  CreateEquivocations1767225603120,
  CreateReconciliation1767225603200,
  CreateWebhooks1767225603400,
  ParkedReport1767225603305,
  CreateRecovery1767225603502,
  PartitionFeed1767225603602,
  TuneReceiving1767225603700,
  CreatePartnerTally1767225603900,
  IndexEnded1767225604102,
  CreateLostDocuments1767225604103,
  PlainReceipts1767225604500,
  FewerIndexes1767225604700,
  CreateWitness1767225605001,
  CreateRetention1767225605400,
] as const;
