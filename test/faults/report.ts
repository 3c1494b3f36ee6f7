/** Writes what runs found into docs/reliability.md, between its marks: the tables are the suite's, the words around them not. */
import { readFile, writeFile } from 'node:fs/promises';
import { CRASH_POINTS } from '#platform';
import { ANYWHERE } from './schedule/process-faults.ts';
import { FAULT_KINDS } from './schedule/schedule.ts';
import type { SuiteResult } from './suite.ts';

const PAGE = 'docs/reliability.md';
const BEGIN = '<!-- begin of what the suite writes -->';
const END = '<!-- end of what the suite writes -->';
const APPS = ['registry', 'router', 'authority', 'auditor'];
/** One line for each run, which no reader sees and the next run reads. */
const RUN = /^<!-- run (\{.*\}) -->$/gm;

/** What is kept of a run. */
interface Run {
  readonly seed: number;
  readonly kills: number;
  readonly answered: number;
  readonly events: number;
  readonly leaves: number;
  readonly repeated: number;
  readonly seconds: number;
  readonly problems: number;
  /** By kind: the milliseconds until each victim worked again, and how many never did. */
  readonly struck: Readonly<Record<string, { readonly ms: readonly number[]; readonly failed: number }>>;
  /** By `<app> <point>`: how many processes died there. */
  readonly deaths: Readonly<Record<string, number>>;
}

/** Adds a run to the page; a run of the same seed and number of faults takes the place of the earlier one. */
export async function recordRun(result: SuiteResult): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has lost the marks between which the suite writes`);
  const before = [...page.slice(from, to).matchAll(RUN)].map(([, json]) => JSON.parse(json ?? '') as Run);
  const others = before.filter(({ seed, kills }) => seed !== result.seed || kills !== result.kills);
  const runs = [...others, kept(result)].sort((a, b) => a.kills - b.kills || a.seed - b.seed);
  await writeFile(PAGE, `${page.slice(0, from)}${BEGIN}\n\n${written(runs)}\n${page.slice(to)}`);
}

function kept(result: SuiteResult): Run {
  const struck: Record<string, { ms: number[]; failed: number }> = {};
  const deaths: Record<string, number> = {};
  for (const { fault, struck: how, ms } of result.outcomes) {
    const kind = (struck[fault.kind] ??= { ms: [], failed: 0 });
    if (how === 'failed') kind.failed += 1;
    else kind.ms.push(ms);
    if (fault.death === undefined || how === 'failed') continue;
    const { app, point } = fault.death;
    // A point that nobody passed in time: the process was killed where it was.
    const place = `${app} ${how === 'done' ? point : ANYWHERE}`;
    deaths[place] = (deaths[place] ?? 0) + 1;
  }
  const { seed, kills, filings, acts, events, leaves, repeated, seconds, problems } = result;
  const answered = filings + acts;
  return {
    seed,
    kills,
    answered,
    events,
    leaves,
    repeated,
    seconds,
    problems: problems.length,
    struck,
    deaths,
  };
}

function written(runs: readonly Run[]): string {
  const perRun = runs.map((run) => [
    run.seed,
    run.kills,
    run.answered,
    run.repeated,
    run.events,
    run.leaves,
    run.seconds,
    run.problems === 0 ? 'all as promised' : `${run.problems} problems`,
  ]);
  const perKind = FAULT_KINDS.map(({ kind, title }) => {
    const ms = runs.flatMap(({ struck }) => struck[kind]?.ms ?? []);
    const failed = runs.reduce((sum, { struck }) => sum + (struck[kind]?.failed ?? 0), 0);
    return [title, ms.length + failed, failed, secondsOf(middle(ms)), secondsOf(Math.max(0, ...ms))];
  });
  const perPoint = [...CRASH_POINTS, ANYWHERE].map((point) => [
    point,
    ...APPS.map((app) => runs.reduce((sum, { deaths }) => sum + (deaths[`${app} ${point}`] ?? 0), 0)),
  ]);
  const total = runs.reduce((sum, { kills }) => sum + kills, 0);
  return [
    `${total} faults in ${runs.length === 1 ? 'one run' : `${runs.length} runs`}.`,
    '',
    table(
      ['seed', 'faults', 'answered 201', 'repeated requests', 'events', 'leaves', 'seconds', 'result'],
      perRun,
    ),
    '',
    table(['fault', 'times', 'did not come back', 'over after (median)', 'at most'], perKind),
    '',
    'Where processes died:',
    '',
    table(['point', ...APPS], perPoint),
    '',
    ...runs.map((run) => `<!-- run ${JSON.stringify(run)} -->`),
    '',
  ].join('\n');
}

/** A table as prettier leaves it. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join(
    '\n',
  );
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
