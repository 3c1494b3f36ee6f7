import { accessesConfig } from '#access-log';
import { peerHttpConfig } from '#platform';
import { quarantineConfig } from '#quarantine';
import { z } from 'zod';
import { feedConfig } from './feed/keep-feed.ts';
import { gapsConfig } from './gaps/gaps-config.ts';
import { protocolConfig } from './protocol/protocol-settings.ts';
import type { AuditorAddress } from './practices/get-proof.ts';
import { outboxBoundConfig } from './practices/outbox-bound.ts';
import { witnessConfig } from './witness/witness-config.ts';
import { webhookConfig } from './webhooks/webhook-config.ts';
import { reconciliationsConfig } from './reconciliation/prune-reconciliations.ts';
import { reconcileConfig } from './reconciliation/reconcile-config.ts';

const DEFAULT_MAX_FILE_BYTES = 50 * 1024 * 1024;

const documentsConfig = z
  .object({
    DOCUMENTS_DIR: z.string().min(1).describe('the folder in which this node keeps documents'),
    MAX_FILE_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(DEFAULT_MAX_FILE_BYTES)
      .describe('the largest uploaded file, bytes'),
    DOCUMENT_TRUST_ANCHORS: z
      .string()
      .min(1)
      .optional()
      .describe('a folder of CA certificates in PEM, to which signers of documents are traced back'),
  })
  .transform((env) => ({
    dir: env.DOCUMENTS_DIR,
    maxFileBytes: env.MAX_FILE_BYTES,
    trustAnchors: env.DOCUMENT_TRUST_ANCHORS ?? null,
  }));

const auditorConfig = z
  .object({
    AUDITOR_URL: z.url().optional().describe('the base URL of the auditor’s API'),
    AUDITOR_TOKEN: z.string().min(1).optional().describe('a token of the auditor’s with scope read'),
  })
  .transform((env): AuditorAddress | null =>
    env.AUDITOR_URL === undefined || env.AUDITOR_TOKEN === undefined
      ? null
      : { url: env.AUDITOR_URL, token: env.AUDITOR_TOKEN },
  );

/** What an authority's node is configured with beside what every node is. */
export const AUTHORITY_CONFIG = {
  peer: peerHttpConfig,
  documents: documentsConfig,
  auditor: auditorConfig,
  gaps: gapsConfig,
  protocol: protocolConfig,
  outbox: outboxBoundConfig,
  feed: feedConfig,
  webhooks: webhookConfig,
  reconcile: reconcileConfig,
  reconciliations: reconciliationsConfig,
  quarantine: quarantineConfig,
  accesses: accessesConfig,
  witness: witnessConfig,
} as const;
