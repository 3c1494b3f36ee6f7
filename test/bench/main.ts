/**
 * `npm run bench -- SUITE [--json] [--rounds N]`: figures of a suite, measured on the compiled sources. A baseline that
 * is another implementation runs in the same run, turn by turn; that of `attacks` is the bound to be kept.
 */
import { parseArgs } from 'node:util';
import { benchAttacks } from './attacks/suite.ts';
import { benchDocuments } from './documents/suite.ts';
import { benchEvidence } from './evidence/suite.ts';
import type { Figure, Options } from './measure.ts';
import { benchUploads } from './uploads/suite.ts';

const SUITES: Readonly<Record<string, (options: Options) => Promise<readonly Figure[]>>> = {
  attacks: benchAttacks,
  documents: benchDocuments,
  evidence: benchEvidence,
  uploads: benchUploads,
};
const DEFAULT_ROUNDS = 15;
const TURN_MS = 60;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const suite = SUITES[positionals[0] ?? ''];
const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
const usage = `usage: npm run bench -- ${Object.keys(SUITES).join('|')} [--json] [--rounds N]\n`;
if (values.help) {
  process.stdout.write(usage);
} else if (suite === undefined || !Number.isSafeInteger(rounds) || rounds < 1) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  for (const figure of await suite({ rounds, turnMs: TURN_MS })) {
    process.stdout.write(`${values.json ? JSON.stringify(figure) : asText(figure)}\n`);
  }
}

function asText({ name, value, unit, baseline, ratio, spread }: Figure): string {
  const compared = baseline === null || ratio === null ? '' : ` against ${plain(baseline)}: ×${plain(ratio)}`;
  return `${name.padEnd(34)} ${plain(value).padStart(9)} ${unit}${compared} (spread ${plain(spread * 100)} %)`;
}

function plain(number: number): string {
  return number.toLocaleString('en', { maximumSignificantDigits: 4, useGrouping: false });
}
