import type { Command } from 'commander';
import { join } from 'node:path';
import { z } from 'zod';
import { policyOf } from '../audit/log-policy.ts';
import type { WatchPlan } from '../audit/run-watch.ts';
import { resolvePath } from '../network/home.ts';
import { readInput } from '../network/read-input.ts';
import { readNetwork } from '../network/network-file.ts';
import { languageOf } from '../output/failure.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `15m`, `2h`, as milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smh]$/, 'a number with s, m or h: 30s, 15m, 2h')
  .transform((given) => Number(given.slice(0, -1)) * (UNITS[given.slice(-1)] ?? 0));

const options = z
  .object({
    url: text.optional(),
    vkey: text.optional(),
    witness: texts,
    quorum: z.coerce.number().int().min(0).optional(),
    policy: text.optional(),
    root: text.optional(),
    tokenFile: text.optional(),
    state: text.optional(),
    check: z.enum(['checkpoint', 'tree', 'entries', 'documents']).default('documents'),
    fromNow: z.boolean().default(false),
    every: duration,
    silence: duration,
    unwitnessed: duration,
    once: z.boolean().default(false),
    acknowledge: text.optional(),
    onAlarm: text.optional(),
    metrics: z.coerce.number().int().min(1).max(65_535).optional(),
  })
  .refine(({ url, vkey, policy }) => url === undefined || (vkey === undefined) !== (policy === undefined), {
    message: 'with an address, either the log’s key (--vkey) or a policy file that has it (--policy)',
    path: ['url'],
  });

type Options = z.output<typeof options>;

/** `audit watch`: a monitor of a log, for whoever is not the log. */
export function auditWatch(tell: Tell): Command {
  return leaf('watch', {
    description:
      'Follow a log, verify everything new, and raise an alarm about what is wrong or does not come; with --once: 0 all well, 1 alarms',
    examples: [
      'audit watch',
      'audit watch --once --json',
      'audit watch --url https://auditor.example/log --policy witnesses.policy --root 0a1b… --token-file token',
      'audit watch --url https://log.example/log --vkey … --witness … --witness … --check tree --on-alarm ./tell-me',
      'audit watch --acknowledge all',
    ],
  })
    .option('--url <url>', 'where the log is served; the running network’s auditor when absent')
    .option('--vkey <vkey>', 'the log’s verification key')
    .option('--witness <vkey>', 'a witness’s key; may be repeated', collect)
    .option('--quorum <n>', 'how many of the witnesses have to cosign; more than half when absent')
    .option('--policy <file>', 'in place of these: log, witnesses and quorum (c2sp.org/tlog-policy)')
    .option(
      '--root <fingerprint>',
      'SHA-256 of the network’s root certificate; as the log tells it when absent',
    )
    .option('--token-file <file>', 'a file with the token to show')
    .option(
      '--state <dir>',
      'where the monitor keeps what it has seen (XDG_STATE_HOME/reset-hub/audit/…/watch)',
    )
    .option('--check <depth>', 'checkpoint, tree, entries or documents: how much is checked', 'documents')
    .option('--from-now', 'begin with the log as it is: verify only what comes')
    .option('--every <time>', 'how often the log is asked', '30s')
    .option('--silence <time>', 'alarm when nothing shows for so long that the log is current', '15m')
    .option('--unwitnessed <time>', 'alarm when what is new has had no quorum for so long', '5m')
    .option('--once', 'one round, and end with its exit code')
    .option('--acknowledge <id>', 'say that an alarm was seen (its id, or all), and end')
    .option(
      '--on-alarm <file>',
      'a program that is run for new alarms, and reads them as JSON from its standard input',
    )
    .option('--metrics <port>', 'figures for Prometheus at http://127.0.0.1:<port>/metrics')
    .action(
      answering(options, tell, async ({ options: given, home, json }) => {
        const plan = await planOf(given, home);
        const { acknowledgeAlarms, followLog, watchOnce } = await import('../audit/run-watch.ts');
        const language = languageOf(process.env);
        if (given.acknowledge !== undefined)
          return await acknowledgeAlarms(plan, given.acknowledge, language);
        if (given.once) return await watchOnce(plan, language);
        await followLog(plan, { json, language });
        return undefined;
      }),
    );
}

/** What is to be watched, and how. @throws HubError `USAGE_INVALID`, `FILE_UNREADABLE`, `NETWORK_NOT_RUNNING` */
async function planOf(given: Options, home: string): Promise<WatchPlan> {
  const { url, token, policy, root } =
    given.url === undefined ? await ofNetwork(given, home) : await ofUrl(given);
  const { defaultStateFolder, onlyLog } = await import('#audit');
  const own = join(defaultStateFolder(onlyLog(policy), process.env), 'watch');
  return {
    url,
    token,
    policy,
    root,
    depth: given.check,
    fromNow: given.fromNow,
    folder: given.state === undefined ? own : resolvePath(given.state),
    everyMs: given.every,
    bounds: {
      silenceMs: given.silence,
      unwitnessedMs: given.unwitnessed,
      // Once: whoever asks once wants to know at once.
      unreachableMs: given.once ? 0 : 3 * given.every,
    },
    onAlarm: given.onAlarm === undefined ? null : resolvePath(given.onAlarm),
    metricsPort: given.metrics ?? null,
  };
}

async function ofUrl(given: Options) {
  const token =
    given.tokenFile === undefined ? null : (await readInput(given.tokenFile)).toString('utf8').trim();
  return { url: given.url ?? '', token, policy: await policyOf(given), root: given.root ?? null };
}

/** The network of this machine: its keys come from network.json, and not from the log. */
async function ofNetwork(given: Options, home: string) {
  const { auditor, log, members, pki } = await readNetwork(home);
  const witness = members.flatMap((member) => member.witness ?? []);
  const vkey = given.vkey ?? log.vkey;
  const own = { vkey, witness: given.witness.length > 0 ? given.witness : witness, quorum: given.quorum };
  const policy = await policyOf(given.policy === undefined ? own : given);
  return {
    url: `${auditor.url}/log`,
    token: auditor.token,
    policy,
    root: given.root ?? (pki.fingerprint || null),
  };
}
