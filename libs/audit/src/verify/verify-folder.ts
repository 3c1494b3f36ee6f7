import { VerifierPool } from '#evidence';
import { HubError } from '#errors';
import { openCheckpoint, type NoteVerifier, type TrustPolicy } from '#tlog';
import { folderCopy, stampsOf } from '../copy/folder-copy.ts';
import { VerifiedState } from '../state/verified-state.ts';
import type { EarlierCheckpoint } from './judge-head.ts';
import type { AuditReport } from './report.ts';
import { verifyCopy } from './verify-copy.ts';
import type { VerifySettings } from './verify-settings.ts';

export interface VerifyFolderSettings extends Pick<
  VerifySettings,
  'policy' | 'root' | 'now' | 'onProgress' | 'onCompared' | 'signal'
> {
  /** The copy. */
  readonly folder: string;
  /** Where what was verified is kept: `defaultStateFolder`. */
  readonly stateFolder: string;
  /** Further checkpoints that the log has to continue, beside the one that is kept: a witness's, say. */
  readonly earlier: readonly EarlierCheckpoint[];
  /** Worker threads; by default as many as there are processors, at most four. */
  readonly threads?: number;
}

/**
 * Verifies a copy in a folder, and keeps its checkpoint for the next time if the log itself came out: a document that is
 * wrong does not change what the log has signed for.
 * @throws HubError as `verifyCopy`; `AUDIT_STATE_UNUSABLE`
 */
export async function verifyFolder(settings: VerifyFolderSettings): Promise<AuditReport> {
  const { folder, stateFolder, threads, earlier, ...rest } = settings;
  const state = await VerifiedState.open(stateFolder);
  const verifier = new VerifierPool(threads === undefined ? {} : { threads });
  try {
    const kept = await keptCheckpoint(state, settings.policy);
    const report = await verifyCopy({
      ...rest,
      earlier: [...kept, ...earlier],
      read: folderCopy(folder),
      stampOf: stampsOf(folder),
      workFolder: state.workFolder,
      verifier,
      ...(threads === undefined ? {} : { threads }),
    });
    if (isLogVerified(report) && report.log !== null) await state.keep(Buffer.from(report.log.checkpoint));
    return report;
  } finally {
    await verifier.close();
    await state.close();
  }
}

/** @throws HubError `AUDIT_STATE_UNUSABLE` if what is kept is not what was kept */
async function keptCheckpoint(
  state: VerifiedState,
  { logs }: TrustPolicy,
): Promise<readonly EarlierCheckpoint[]> {
  const note = await state.checkpoint();
  const [log] = logs;
  if (note === undefined || log === undefined) return [];
  try {
    openCheckpoint(note, log);
  } catch (cause) {
    const message = `the checkpoint kept in ${state.folder} is not one of ${log.origin}`;
    throw new HubError('AUDIT_STATE_UNUSABLE', message, { cause });
  }
  return [{ from: 'the last verification', note }];
}

const OF_THE_LOG: ReadonlySet<string> = new Set(['checkpoint', 'witnesses', 'consistency', 'tree']);

function isLogVerified({ steps }: AuditReport): boolean {
  const own = steps.filter(({ step }) => OF_THE_LOG.has(step));
  return own.every(({ result }) => result === 'passed' || result === 'skipped');
}

/** The one log of a policy. @throws HubError `LOG_POLICY_MALFORMED` if it is not one, with one key */
export function onlyLog({ logs }: TrustPolicy): NoteVerifier {
  const keys = logs.flatMap((log) => log.keys);
  const [key] = keys;
  if (key !== undefined && keys.length === 1) return key;
  throw new HubError(
    'LOG_POLICY_MALFORMED',
    `a verification is of one log with one key, not of ${keys.length}`,
  );
}
