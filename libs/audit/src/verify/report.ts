import type { Finding, AuditStep, Note } from './findings.ts';

export const REPORT_FORMAT = 'reset-hub/audit-report@v1';

/** `passed`: done, nothing found. `skipped`: nothing to do it with. `not-reached`: a step before it ended the run. */
export type StepResult = 'passed' | 'failed' | 'skipped' | 'not-reached';

/** What a verification has found: docs/log.md has it field by field. */
export interface AuditReport {
  readonly format: typeof REPORT_FORMAT;
  /** ISO 8601, UTC, by the clock of whoever verifies. */
  readonly verifiedAt: string;
  readonly verdict: 'verified' | 'findings';
  readonly log: {
    readonly origin: string;
    readonly vkey: string;
    readonly size: number;
    /** Base64. */
    readonly root: string;
    /** The note, as it is in the copy. */
    readonly checkpoint: string;
  } | null;
  readonly witnesses: {
    /** Whether a quorum was asked for. */
    readonly asked: boolean;
    readonly by: readonly { readonly name: string; readonly at: string }[];
  };
  /** The checkpoints that this log was proved to continue. */
  readonly continues: readonly { readonly from: string; readonly size: number }[];
  readonly registry: {
    readonly network: string | null;
    readonly root: string;
    /** `copy`: nobody but the copy says that this is the network's root. */
    readonly rootFrom: 'given' | 'copy';
    readonly entries: number;
  } | null;
  readonly steps: readonly { readonly step: AuditStep; readonly result: StepResult }[];
  readonly counts: {
    /** By kind. */
    readonly leaves: Readonly<Record<string, number>>;
    /** How many of the signed documents are in the copy, and right. */
    readonly documents: number;
  };
  readonly findings: {
    readonly total: number;
    readonly byCode: Readonly<Record<string, number>>;
    /** The first thousand. */
    readonly listed: readonly Finding[];
  };
  readonly notes: readonly Note[];
}
