/**
 * `npm test`: the specs that break one shared network, one after the other, and beside them all the others; then one report of both.
 * One run of vitest cannot: projects with different numbers of workers follow each other, and the network waits half of its time.
 * Arguments that choose among the specs (a path, `-t`, `--project`) make it one run of vitest with just these.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
/** What each run has found, until the report is made of it. */
const FOUND = join(ROOT, 'node_modules/.cache/tests');
/** The network waits half of its time, and its processes cost while they are there: it goes before, and others take what it leaves. */
const RUNS = {
  network: { project: 'network', nice: 0 },
  others: { project: '!network', nice: 5 },
};
type Run = (typeof RUNS)[keyof typeof RUNS];

// Ctrl-C reaches the runs as well: they end their networks, and this one waits for them.
process.on('SIGINT', () => undefined);
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const isChosen = args.some((argument) => !/^--(reporter|outputFile)\b/.test(argument));
  if (isChosen) return await ended(vitest(args, 'inherit'));
  await rm(FOUND, { recursive: true, force: true });
  const codes = await Promise.all(Object.entries(RUNS).map(([name, run]) => runOf(name, run)));
  const reporters = args.length > 0 ? args : ['--reporter=minimal'];
  const reported = await ended(vitest([`--merge-reports=${FOUND}`, ...reporters], 'inherit'));
  // A run that died has told of fewer specs, and of no failure.
  return Math.max(reported, ...codes);
}

/** Its lines appear as they come; what it finds is kept for the report. */
async function runOf(name: string, { project, nice }: Run): Promise<number> {
  const kept = `--outputFile.blob=${join(FOUND, `${name}.json`)}`;
  const run = vitest(['--project', project, '--reporter=default', '--reporter=blob', kept], 'pipe');
  if (run.pid !== undefined) setPriority(run.pid, nice);
  for (const [from, to] of [
    [run.stdout, process.stdout],
    [run.stderr, process.stderr],
  ] as const)
    // Two runs write here: whole lines only.
    if (from !== null) createInterface(from).on('line', (line) => void to.write(`${line}\n`));
  return await ended(run);
}

function vitest(args: readonly string[], output: 'inherit' | 'pipe'): ChildProcess {
  return spawn(process.execPath, [VITEST, 'run', ...args], { cwd: ROOT, stdio: ['inherit', output, output] });
}

/** @returns its exit code; 1 if a signal ended it */
async function ended(run: ChildProcess): Promise<number> {
  const [code] = (await once(run, 'close')) as [number | null];
  return code ?? 1;
}
