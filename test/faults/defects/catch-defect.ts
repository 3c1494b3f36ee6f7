/** Proves the suite: builds a defect into a copy of the compiled programs, and sees whether a run catches it. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FaultKind } from '../schedule/fault.ts';
import { runSuite } from '../suite.ts';
import { DEFECTS, type Defect } from './defects.ts';

export { DEFECTS } from './defects.ts';

/** Seeds that are tried, one after the other. */
const SEEDS = 10;
/** Whom a defect makes wait for ever is not waited for as long as others, milliseconds. */
const PATIENCE_MS = 100_000;
/** What programs are built from. */
const SOURCES = ['apps', 'libs', 'build.mjs', 'package.json', 'tsconfig.json'];
/** What they need beside them: their packages, schemas and the broker's pom. */
const BESIDE = ['node_modules', 'contracts', 'docker'];

export interface Caught {
  readonly defect: string;
  /** The first seed whose run showed it; null if none did. */
  readonly bySeed: number | null;
  /** What it showed. */
  readonly problems: readonly string[];
}

export async function catchDefect(
  name: keyof typeof DEFECTS,
  options: {
    readonly seed: number;
    readonly kills: number;
    readonly kinds?: readonly FaultKind[] | undefined;
    readonly report: (what: string) => void;
  },
): Promise<Caught> {
  const { shows, kinds: own } = DEFECTS[name];
  const { seed: first, kills, kinds = own, report } = options;
  const root = await mkdtemp(join(tmpdir(), 'reset-hub-defect-'));
  try {
    const dist = await buildWith(DEFECTS[name], root);
    for (let seed = first; seed < first + SEEDS; seed += 1) {
      const run = { seed, kills, kinds, dist, report, patienceMs: PATIENCE_MS, isThorough: true };
      const { problems } = await runSuite(run);
      const shown = problems.filter((problem) => shows.test(problem));
      if (shown.length > 0) {
        report(
          `the defect ${name} is caught by SEED=${seed}: ${shown.length} differences, the first of them`,
        );
        for (const problem of shown.slice(0, 5)) report(`  ${problem}`);
        return { defect: name, bySeed: seed, problems: shown };
      }
      for (const problem of problems.slice(0, 5)) report(`  not the defect: ${problem}`);
      report(`SEED=${seed} does not catch the defect ${name}`);
    }
    report(`the defect ${name} is NOT caught by ${SEEDS} seeds`);
    return { defect: name, bySeed: null, problems: [] };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The programs, built in a folder of their own from a copy of the sources in which the defect is. */
async function buildWith({ edits }: Defect, root: string): Promise<string> {
  for (const name of SOURCES) await cp(name, join(root, name), { recursive: true });
  for (const name of BESIDE) await symlink(join(process.cwd(), name), join(root, name));
  for (const { file, from, to } of edits) {
    const source = await readFile(join(root, file), 'utf8');
    // A defect that no longer fits the source would prove nothing.
    if (source.split(from).length !== 2)
      throw new Error(`${file} does not have once what the defect replaces:\n${from}`);
    await writeFile(
      join(root, file),
      source.replace(from, () => to),
    );
  }
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: root });
  return join(root, 'dist');
}
