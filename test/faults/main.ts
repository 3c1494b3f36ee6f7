/**
 * `npm run test:faults`: whole networks of real processes, broken on purpose while filings and answers flow, and asked
 * afterwards whether what was promised was kept. See docs/reliability.md.
 */
import { existsSync, readdirSync } from 'node:fs';
import { inspect, parseArgs } from 'node:util';
import { catchDefect, DEFECTS } from './defects/catch-defect.ts';
import { recordRun } from './report.ts';
import { FAULT_KINDS } from './schedule/schedule.ts';
import { runSuite, type SuiteResult } from './suite.ts';

const DEFAULT_KILLS = 40;
const USAGE = `usage: npm run test:faults -- [options]

Breaks a network of real processes while filings and answers flow, then checks that nothing is lost, doubled or
different anywhere. Exit code 0: all as promised. 1: not; the problems are printed. 2: the options are wrong.

  --seed N         what to draw the faults and the filings from; also SEED=N (a random one unless given)
  --kills N        how many faults; also KILLS=N (${DEFAULT_KILLS}, or 12 a seed with --defect)
  --only KIND,...  of these kinds only: ${FAULT_KINDS.map(({ kind }) => kind).join(', ')}
  --defect NAME    builds a defect into a copy of the programs, and exits with 0 if one of ten seeds, from --seed on,
                   catches it: ${Object.keys(DEFECTS).join(', ')};
                   only what brings it out strikes, unless --only says otherwise
  --home DIR       keeps the network's folder there, with the logs of every process; it must be empty, or not there yet
  --no-record      does not write the run into docs/reliability.md
  --json           one JSON document on standard output; progress on standard error
  --help
`;

try {
  process.exitCode = await main();
} catch (error) {
  // With its details: the end of the log of a part that did not start is among them.
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
}
// What a cut connection left open must not keep the process.
process.exit();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 2;
  }
  const { seed, kills, json, defect, kinds, home, isRecorded } = options;
  const report = (what: string): void => {
    (json ? process.stderr : process.stdout).write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);
  };
  report(`SEED=${seed} KILLS=${kills}${defect === undefined ? '' : `, with the defect ${defect}`}`);
  if (defect !== undefined) {
    const caught = await catchDefect(defect, { seed, kills, kinds, report });
    if (json) process.stdout.write(`${JSON.stringify(caught)}\n`);
    return caught.bySeed === null ? 1 : 0;
  }
  const result = await runSuite({ seed, kills, kinds, report, keepIn: home, isThorough: true });
  if (isRecorded) await recordRun(result);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  conclude(result, report);
  return result.problems.length === 0 ? 0 : 1;
}

interface Options {
  readonly seed: number;
  readonly kills: number;
  readonly json: boolean;
  readonly defect: keyof typeof DEFECTS | undefined;
  readonly kinds: typeof FAULT_KINDS | undefined;
  readonly home: string | undefined;
  readonly isRecorded: boolean;
}

/** @returns what is wrong with them, in words, if something is */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        kills: { type: 'string' },
        only: { type: 'string' },
        defect: { type: 'string' },
        home: { type: 'string' },
        'no-record': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const { SEED, KILLS } = process.env;
    const { defect } = values;
    if (defect !== undefined && !isDefect(defect)) return `there is no defect ${defect}`;
    const seed = wholeNumber('the seed', values.seed ?? SEED ?? String(Date.now() % 100_000));
    const kills = wholeNumber(
      'the number of kills',
      values.kills ?? KILLS ?? String(defect === undefined ? DEFAULT_KILLS : 12),
    );
    const kinds = values.only?.split(',').map((name) => {
      const found = FAULT_KINDS.find(({ kind }) => kind === name);
      if (found === undefined) throw new RangeError(`there is no kind of fault ${name}`);
      return found;
    });
    if (values.home !== undefined && !isEmpty(values.home))
      return `${values.home} is not empty: what another network has left there would be counted`;
    const isRecorded = !values['no-record'] && kinds === undefined && defect === undefined;
    return { seed, kills, json: values.json, defect, kinds, home: values.home, isRecorded };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isEmpty(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}

function isDefect(name: string): name is keyof typeof DEFECTS {
  return Object.hasOwn(DEFECTS, name);
}

function wholeNumber(what: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${what} is a whole number, not ${text}`);
}

function conclude(result: SuiteResult, report: (what: string) => void): void {
  const { problems, filings, acts, events, leaves, seconds, seed } = result;
  report(
    `${filings} filings and ${acts} acts answered 201, ${events} events, ${leaves} leaves of the log, ${seconds} s`,
  );
  if (problems.length === 0) {
    report(`SEED=${seed}: everything is where it was promised, once, the same everywhere`);
    return;
  }
  report(`SEED=${seed}: ${problems.length} problems`);
  for (const problem of problems.slice(0, 40)) report(`  ${problem}`);
}
