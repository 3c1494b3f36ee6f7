import { HubError, type ErrorCode } from '#errors';
import { VerifiedTiles, type JudgedCheckpoint, type KnownLog } from '#tlog';
import { CHECKPOINT_PATH } from '../copy/copy-paths.ts';
import { readExportDescription } from '../copy/export-description.ts';
import { CopyRegistry } from '../trust/copy-registry.ts';
import { AUDIT_STEPS, Findings, type AuditStep } from './findings.ts';
import { judgeConsistency, judgeHead } from './judge-head.ts';
import { REPORT_FORMAT, type AuditReport, type StepResult } from './report.ts';
import type { VerifySettings } from './verify-settings.ts';
import { verifyLeaves, type LeavesVerified } from './verify-leaves.ts';

/** Errors by which the tree itself does not come out: nothing behind them can be believed. */
const TREE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LOG_TILE_INVALID',
  'LOG_TILE_MISSING',
  'LOG_TILE_MALFORMED',
  'LOG_NODE_MISSING',
]);

/**
 * Verifies a copy of the log: the checkpoint and who has cosigned it, that it continues what was seen before, the whole
 * tree from its entries up, each entry, each archived document with the signature and the state of the certificate at its
 * time, and that nothing is there twice or missing in between. One thing that is wrong does not end it; a tree that does
 * not come out does. Memory is bounded, whatever the size.
 * @throws HubError if the copy cannot be judged: `AUDIT_COPY_EMPTY`, `AUDIT_INTERRUPTED`, `LOG_KEY_UNKNOWN`, `LOG_NOTE_MALFORMED`,
 *   `LOG_CHECKPOINT_MALFORMED`, `BASE64_NOT_STRICT`, `LOG_COPY_UNREADABLE`, `VERIFIER_FAILED`
 */
export async function verifyCopy(settings: VerifySettings): Promise<AuditReport> {
  return await new Verification(settings).run();
}

class Verification {
  readonly #settings: VerifySettings;
  readonly #log: KnownLog;
  readonly #findings = new Findings();
  readonly #results = new Map<AuditStep, StepResult>();
  #note: Buffer = Buffer.alloc(0);
  #judged: JudgedCheckpoint | null = null;
  #continues: AuditReport['continues'] = [];
  #registry: CopyRegistry | null = null;
  #leaves: LeavesVerified | null = null;

  constructor(settings: VerifySettings) {
    const [log] = settings.policy.logs;
    if (log === undefined) throw new HubError('LOG_POLICY_MALFORMED', 'the policy names no log');
    this.#settings = settings;
    this.#log = log;
  }

  async run(): Promise<AuditReport> {
    const { read, policy } = this.#settings;
    const note = await read(CHECKPOINT_PATH);
    if (note === undefined) throw new HubError('AUDIT_COPY_EMPTY', 'there is no checkpoint in it');
    this.#note = note;
    this.#judged = judgeHead(note, policy, this.#findings);
    this.#ended('checkpoint');
    if (this.#judged === null) return this.#report();
    if (policy.quorum === null) this.#results.set('witnesses', 'skipped');
    else this.#ended('witnesses');
    try {
      await this.#verifyTree(this.#judged);
    } catch (error) {
      if (!(error instanceof HubError) || !TREE_CODES.has(error.code)) throw error;
      const { index } = error.details;
      this.#findings.caught('tree', error, typeof index === 'number' ? index : null);
      this.#results.set('tree', 'failed');
    }
    return this.#report();
  }

  async #verifyTree({ checkpoint: head }: JudgedCheckpoint): Promise<void> {
    const { read, earlier } = this.#settings;
    const tiles = await VerifiedTiles.open(head, read);
    this.#continues = await judgeConsistency(earlier, this.#log, { head, tiles }, this.#findings);
    if (earlier.length === 0) this.#results.set('consistency', 'skipped');
    else this.#ended('consistency');
    await this.#readRegistry();
    const description = await readExportDescription(read);
    this.#leaves = await verifyLeaves(this.#settings, {
      head,
      tiles,
      vkey: this.#log.keys[0]?.vkey ?? '',
      registry: this.#registry,
      description,
    });
    for (const step of ['tree', 'entries', 'order'] as const) this.#ended(step);
    this.#documentsEnded(this.#leaves);
  }

  async #readRegistry(): Promise<void> {
    const { read, root } = this.#settings;
    try {
      this.#registry = await CopyRegistry.read(read, root);
    } catch (error) {
      if (error instanceof HubError && error.code === 'LOG_COPY_UNREADABLE') throw error;
      this.#findings.caught('registry', error, null);
    }
    if (this.#registry === null && this.#findings.of('registry') === 0)
      this.#results.set('registry', 'skipped');
    else this.#ended('registry');
    if (root === null && this.#registry !== null) this.#findings.note('root-from-copy');
  }

  #documentsEnded({ counts }: LeavesVerified): void {
    const isNothing = counts.documents === 0 && this.#of('documents') === 0;
    if (isNothing) this.#results.set('documents', 'skipped');
    else this.#ended('documents');
    if (isNothing) this.#results.set('signatures', 'skipped');
    else if (this.#registry !== null) this.#ended('signatures');
    else {
      this.#results.set('signatures', 'not-reached');
      if (this.#findings.of('registry') > 0) return;
      this.#findings.add(
        'registry',
        'AUDIT_REGISTRY_MISSING',
        null,
        'documents, and nobody to say whose keys these are',
      );
      this.#results.set('registry', 'failed');
    }
  }

  #of(step: AuditStep): number {
    return this.#findings.of(step) + (this.#leaves?.findings.of(step) ?? 0);
  }

  #ended(step: AuditStep): void {
    this.#results.set(step, this.#of(step) === 0 ? 'passed' : 'failed');
  }

  #report(): AuditReport {
    const { policy, root, now } = this.#settings;
    if (this.#leaves !== null) this.#findings.take(this.#leaves.findings.soFar());
    const { listed, byCode, notes } = this.#findings.soFar();
    const total = this.#findings.total;
    return {
      format: REPORT_FORMAT,
      verifiedAt: now().toISOString(),
      verdict: total === 0 ? 'verified' : 'findings',
      log: this.#judged && {
        origin: this.#log.origin,
        vkey: this.#log.keys[0]?.vkey ?? '',
        size: this.#judged.checkpoint.size,
        root: this.#judged.checkpoint.root.toString('base64'),
        checkpoint: this.#note.toString('utf8'),
      },
      witnesses: {
        asked: policy.quorum !== null,
        by: (this.#judged?.by ?? []).map(({ name, time }) => ({
          name,
          at: new Date(time * 1000).toISOString(),
        })),
      },
      continues: this.#continues,
      registry: this.#registry && {
        network: this.#registry.network,
        root: this.#registry.root,
        rootFrom: root === null ? 'copy' : 'given',
        entries: this.#registry.size,
      },
      steps: AUDIT_STEPS.map((step) => ({ step, result: this.#results.get(step) ?? 'not-reached' })),
      counts: this.#leaves?.counts ?? { leaves: {}, documents: 0 },
      findings: { total, byCode, listed },
      notes,
    };
  }
}
