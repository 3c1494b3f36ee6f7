import { ACCESS_CODES } from './codes/access.ts';
import { AUDIT_CODES } from './codes/audit.ts';
import { AUDITOR_CODES } from './codes/auditor.ts';
import { AUTHORITY_CODES } from './codes/authority.ts';
import { CLI_CODES } from './codes/cli.ts';
import { CONTRACT_CODES } from './codes/contracts.ts';
import { DOCUMENTS_CODES } from './codes/documents.ts';
import { EMBEDDED_CODES } from './codes/embedded.ts';
import { EVIDENCE_CONTAINER_CODES } from './codes/evidence-container.ts';
import { EVIDENCE_CODES } from './codes/evidence.ts';
import { HSM_CODES } from './codes/hsm.ts';
import { MESSAGING_CODES } from './codes/messaging.ts';
import { PEERS_CODES } from './codes/peers.ts';
import { PLATFORM_CODES } from './codes/platform.ts';
import { PROTOCOLLO_CODES } from './codes/protocollo.ts';
import { QUARANTINE_CODES } from './codes/quarantine.ts';
import { RECONCILIATION_CODES } from './codes/reconciliation.ts';
import { REGISTRY_CODES } from './codes/registry.ts';
import { REPLAY_CODES } from './codes/replay.ts';
import { RESTORE_CODES } from './codes/restore.ts';
import { RETENTION_CODES } from './codes/retention.ts';
import { ROUTER_CODES } from './codes/router.ts';
import { STREAM_CODES } from './codes/streams.ts';
import { UPLOADS_CODES } from './codes/uploads.ts';
import { WATCH_CODES } from './codes/watch.ts';
import { WEBHOOK_CODES } from './codes/webhooks.ts';
import { WITNESS_CODES } from './codes/witness.ts';
import type { ErrorPolicy } from './policy.ts';

/** The one table: every stable code of the hub and its policy. */
const TABLE = {
  ...CONTRACT_CODES,
  ...EVIDENCE_CODES,
  ...HSM_CODES,
  ...REGISTRY_CODES,
  ...AUTHORITY_CODES,
  ...PROTOCOLLO_CODES,
  ...ROUTER_CODES,
  ...AUDIT_CODES,
  ...AUDITOR_CODES,
  ...WATCH_CODES,
  ...DOCUMENTS_CODES,
  ...UPLOADS_CODES,
  ...RETENTION_CODES,
  ...WEBHOOK_CODES,
  ...PEERS_CODES,
  ...PLATFORM_CODES,
  ...ACCESS_CODES,
  ...MESSAGING_CODES,
  ...QUARANTINE_CODES,
  ...STREAM_CODES,
  ...RESTORE_CODES,
  ...RECONCILIATION_CODES,
  ...REPLAY_CODES,
  ...EMBEDDED_CODES,
  ...WITNESS_CODES,
  ...EVIDENCE_CONTAINER_CODES,
  ...CLI_CODES,
} as const;

export type ErrorCode = keyof typeof TABLE;

/** Every stable code and its policy, for lookup by code. */
export const ERROR_POLICIES: Readonly<Record<ErrorCode, ErrorPolicy>> = TABLE;

/** True if `code` is one of the hub's stable codes (for codes read from a record or a response). */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(TABLE, code);
}

/**
 * The hub's one error class. `code` is stable and documented; `message` says what was wrong this time, without
 * personal data. Always pass the `cause` when there is one.
 */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly policy: ErrorPolicy;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      /** Machine-readable details for the answer (line, XPath, field), without personal data. */
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.policy = ERROR_POLICIES[code];
    this.details = options.details ?? {};
  }

  readonly details: Readonly<Record<string, unknown>>;
}
