import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ServedLog,
  WatchLog,
  WatchState,
  onlyLog,
  type RoundReport,
  type WatchBounds,
  type WatchDepth,
} from '#audit';
import { HubError, type Language } from '#errors';
import { VerifierPool } from '#evidence';
import type { TrustPolicy } from '#tlog';
import type { Answer } from '../output/answer.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { tellOfAlarms } from './tell-of-alarms.ts';
import { WatchMetrics } from './watch-metrics.ts';
import { alarmsInWords, roundInWords } from './watch-words.ts';

export interface WatchPlan {
  readonly url: string;
  readonly token: string | null;
  readonly policy: TrustPolicy;
  readonly root: string | null;
  readonly depth: WatchDepth;
  readonly fromNow: boolean;
  /** Of what the monitor keeps. */
  readonly folder: string;
  readonly everyMs: number;
  readonly bounds: WatchBounds;
  /** A program that is told of alarms. */
  readonly onAlarm: string | null;
  readonly metricsPort: number | null;
}

/** One round. @throws HubError `AUDIT_STATE_UNUSABLE`, `AUDIT_INTERRUPTED`, `USAGE_INVALID` */
export async function watchOnce(plan: WatchPlan, language: Language): Promise<Answer> {
  return await watching(plan, language, async ({ round }) => {
    const report = await round();
    return {
      json: report,
      text: [roundInWords(report, language), ...alarmsInWords(report.alarms, language)].join('\n'),
      exitCode: report.verdict === 'well' ? 0 : 1,
    };
  });
}

/** Round after round, until somebody has enough. What is new is told, a line for each round with `--json`. @throws as `watchOnce` */
export async function followLog(
  plan: WatchPlan,
  { json, language }: { readonly json: boolean; readonly language: Language },
): Promise<void> {
  await watching(plan, language, async ({ round, signal }) => {
    const told = new Set<string>();
    let last = '';
    const metrics = plan.metricsPort === null ? null : await WatchMetrics.open(plan.metricsPort);
    try {
      while (!signal.aborted) {
        const report = await round();
        metrics?.show(report);
        if (json) await print(JSON.stringify(report));
        else {
          const words = roundInWords(report, language);
          const fresh = report.alarms.filter(({ id }) => !told.has(id));
          for (const { id } of fresh) told.add(id);
          const now = `${report.verdict} ${report.log?.size ?? 0} ${report.witnessed?.size ?? 0}`;
          if (now !== last || fresh.length > 0)
            await print([`${report.at ?? ''}  ${words}`, ...alarmsInWords(fresh, language)].join('\n'));
          last = now;
        }
        // Not everyone at the full minute.
        await pause(plan.everyMs * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'AUDIT_INTERRUPTED') throw error;
    } finally {
      await metrics?.close();
    }
  });
}

/** Says of alarms that somebody has seen them. @throws HubError `AUDIT_ALARM_UNKNOWN`, `AUDIT_STATE_UNUSABLE` */
export async function acknowledgeAlarms(plan: WatchPlan, id: string, language: Language): Promise<Answer> {
  const state = await WatchState.open(plan.folder, onlyLog(plan.policy).vkey);
  try {
    const seen = state.alarms.acknowledge(id, new Date());
    if (seen.length === 0 && id !== 'all')
      throw new HubError('AUDIT_ALARM_UNKNOWN', `no alarm ${id} is open in ${plan.folder}`);
    await state.save();
    return {
      json: { acknowledged: seen, open: state.alarms.open },
      text: alarmsInWords(seen, language).join('\n') || (language === 'it' ? 'nessun allarme' : 'no alarm'),
    };
  } finally {
    await state.close();
  }
}

interface Watching {
  readonly round: () => Promise<RoundReport>;
  /** Aborted when somebody has enough. */
  readonly signal: AbortSignal;
}

async function watching<T>(
  plan: WatchPlan,
  language: Language,
  run: (how: Watching) => Promise<T>,
): Promise<T> {
  const state = await WatchState.open(plan.folder, onlyLog(plan.policy).vkey);
  const verifier = new VerifierPool();
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  const bar = new ProgressBar(language === 'it' ? 'voci' : 'leaves');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    const { signal } = abort;
    const { policy, root, depth, fromNow, bounds } = plan;
    const log = new ServedLog({ url: plan.url, token: plan.token, signal });
    const onProgress = (done: number, size: number): void => {
      bar.show(done, size);
    };
    const parts = { log, policy, root, depth, fromNow, bounds, verifier, state, signal, onProgress };
    const watch = new WatchLog({ ...parts, now: () => new Date() });
    const round = async (): Promise<RoundReport> => {
      const report = await watch.round();
      bar.end();
      if (plan.onAlarm !== null) await tellOfAlarms(plan.onAlarm, state, report, new Date());
      return report;
    };
    return await run({ round, signal });
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    bar.end();
    await verifier.close();
    await state.close();
  }
}

async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
