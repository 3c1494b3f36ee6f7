/**
 * `npm run bench -- SUITE [options]`: figures of a suite, measured on the compiled sources. A baseline that is another
 * implementation runs in the same run, turn by turn; that of `attacks` is the bound to be kept.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchOptions, Figure } from './measure.ts';

interface Suite {
  readonly about: string;
  readonly rounds: number;
  /** Of a round's load; 15 if absent. */
  readonly seconds?: number;
  /** Filings; 1,000,000 if absent. */
  readonly events?: number;
  /** Whether `--only` names one of its figures; else it may be `ours`. */
  readonly named?: boolean;
  /** Loaded when it is asked for: a bench of signatures starts no Nest. */
  readonly load: () => Promise<(options: BenchOptions) => Promise<readonly Figure[]>>;
}

const SUITES: Readonly<Record<string, Suite>> = {
  attacks: {
    about: 'time and memory of refusing each case of the corpus',
    rounds: 15,
    load: async () => (await import('./attacks/suite.ts')).benchAttacks,
  },
  documents: {
    about: 'large documents and many: speed, and memory of real processes',
    rounds: 1,
    load: async () => (await import('./documents/suite.ts')).benchDocuments,
  },
  evidence: {
    about: 'making and checking signatures, against xml-crypto',
    rounds: 15,
    load: async () => (await import('./evidence/suite.ts')).benchEvidence,
  },
  'hot-path': {
    about: 'processor time of one event where it is routed and where it is received',
    rounds: 5,
    load: async () => (await import('./hot-path/suite.ts')).benchHotPath,
  },
  uploads: {
    about: 'looking for signatures in uploaded documents',
    rounds: 15,
    load: async () => (await import('./uploads/suite.ts')).benchUploads,
  },
  wire: {
    about: 'processor time of one record between two nodes: outbox, relay, broker, stream',
    rounds: 3,
    named: true,
    load: async () => (await import('./wire/suite.ts')).benchWire,
  },
  pipeline: {
    about: 'filings a second through the whole network, against the obvious way and bare kafkajs',
    rounds: 5,
    load: async () => (await import('./exchange/pipeline.ts')).benchPipeline,
  },
  latency: {
    about: 'from the commit at the author to the commit at a recipient, against the bare hop',
    rounds: 1,
    seconds: 60,
    load: async () => (await import('./exchange/latency.ts')).benchLatency,
  },
  soak: {
    about: 'memory, lag and latency of a long run at half of what the pipeline can do',
    rounds: 1,
    load: async () => (await import('./exchange/soak.ts')).benchSoak,
  },
  audit: {
    about: 'the log and its archive: appending against Tessera, one entry, a proof, bytes on the disk',
    rounds: 3,
    seconds: 10,
    events: 2_000,
    named: true,
    load: async () => (await import('./audit/suite.ts')).benchAudit,
  },
  growth: {
    about: 'cost of a filing with few and many events stored, with few and many authorities',
    rounds: 5,
    named: true,
    load: async () => (await import('./exchange/growth.ts')).benchGrowth,
  },
};
const TURN_MS = 60;
const DEFAULT_SECONDS = 15;
const DEFAULT_EVENTS = 1_000_000;
const OPTIONS = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  minutes: { type: 'string', default: '15' },
  rate: { type: 'string' },
  events: { type: 'string' },
  receipts: { type: 'string', default: '3' },
  to: { type: 'string' },
  only: { type: 'string' },
  'cpu-prof': { type: 'string' },
  logs: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const USAGE = `usage: npm run bench -- SUITE [options]

suites:
${Object.entries(SUITES)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}`)
  .join('\n')}

options:
  --json            figures as JSON, one a line
  --rounds N        rounds of each contender (pipeline, growth: 5; attacks, evidence, uploads: 15; audit, wire: 3)
  --seconds N       load of a round of pipeline and growth (15), of audit (10); of latency (60)
  --minutes N       length of soak (15)
  --rate N          filings a second of soak (half of what a short pipeline reaches) and latency (50)
  --events N        events stored before the second measurement of growth (1000000); filings of audit (2000)
  --receipts N      of audit with --only fill or verify: receipts of each filing, 0 to 3 (3)
  --only ours       leaves the baselines of pipeline out; of wire one course alone: decided-64, say; of growth
                    one half: events, authorities; of audit one part: append, documents, verify, fill, topics
  --to DIR          of audit with --only fill: a copy of a log of that many filings, for the auditor's tools;
                    with --only verify: such a copy, in place of a new one; with --only topics: the log whose
                    records are produced into a broker and compared by audit import (3 GB for 100000 filings)
  --cpu-prof DIR    each node leaves a profile there when it ends
  --logs DIR        the nodes' logs are kept there
  --help            this

Figures go to standard output, what is going on to standard error. Ctrl-C ends every process and removes the folder.
`;

const { values, positionals } = readArguments();
const suite = SUITES[positionals[0] ?? ''];
const options = suite && optionsOf(suite);
if (values.help) {
  process.stdout.write(USAGE);
} else if (suite === undefined || options === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const run = await suite.load();
  for (const figure of await run(options)) {
    process.stdout.write(`${values.json ? JSON.stringify(figure) : asText(figure)}\n`);
  }
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Undefined when one of them is no number above zero, or nothing that the suite knows. */
function optionsOf(asked: Suite): BenchOptions | undefined {
  const { only } = values;
  const rounds = Number(values.rounds ?? asked.rounds);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  const seconds = Number(values.seconds ?? asked.seconds ?? DEFAULT_SECONDS);
  const minutes = Number(values.minutes);
  const events = Number(values.events ?? asked.events ?? DEFAULT_EVENTS);
  const receipts = Number(values.receipts);
  if (!Number.isSafeInteger(receipts) || receipts < 0) return undefined;
  const numbers = [rounds, seconds, minutes, events, rate ?? 1];
  if (!numbers.every((one) => Number.isFinite(one) && one > 0)) return undefined;
  if (!Number.isSafeInteger(rounds) || (only !== undefined && only !== 'ours' && asked.named !== true))
    return undefined;
  const folder = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', path);
  return {
    rounds,
    turnMs: TURN_MS,
    seconds,
    minutes,
    events,
    receipts,
    rate,
    only,
    cpuProf: folder(values['cpu-prof']),
    keepLogs: folder(values.logs),
    to: folder(values.to),
    tell: (what) => process.stderr.write(`${what}\n`),
  };
}

function asText({ name, value, unit, baseline, ratio, spread }: Figure): string {
  const compared = baseline === null || ratio === null ? '' : ` against ${plain(baseline)}: ×${plain(ratio)}`;
  return `${name.padEnd(34)} ${plain(value).padStart(9)} ${unit}${compared} (spread ${plain(spread * 100)} %)`;
}

function plain(number: number): string {
  return number.toLocaleString('en', { maximumSignificantDigits: 4, useGrouping: false });
}
