import type { Command } from 'commander';
import { z } from 'zod';
import type { TopicsReport } from '#audit';
import { judged } from '../audit/judged.ts';
import { policyOf } from '../audit/log-policy.ts';
import { resolvePath } from '../network/home.ts';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { languageOf } from '../output/failure.ts';
import { answering, collect, leaf, text, texts, type Tell } from '../output/leaf.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { writeOut } from '../output/write-out.ts';

const place = z
  .string()
  .regex(/^[^/:]+\/\d{1,6}:\d{1,15}$/, 'TOPIC/PARTITION:OFFSET')
  .transform((given) => {
    const [topic = '', partition = '', offset = '0'] = given.split(/[/:]/);
    return { topic, partition: Number(partition), offset: BigInt(offset) };
  });

const options = z
  .object({
    fromKafka: z.literal(true, 'what is compared: the topics of a broker'),
    log: text.optional(),
    brokers: text.optional(),
    cert: text.optional(),
    key: text.optional(),
    ca: text.optional(),
    topic: texts,
    copies: z.boolean().default(false),
    fromOffset: z.array(place).default([]),
    vkey: text.optional(),
    report: text.optional(),
  })
  .refine(
    ({ brokers, cert, key, ca }) =>
      new Set([brokers, cert, key, ca].map((one) => one === undefined)).size === 1,
    {
      message: 'brokers come with --cert, --key and --ca',
      path: ['brokers'],
    },
  )
  .refine(({ brokers, log, vkey }) => brokers === undefined || (log !== undefined && vkey !== undefined), {
    message: 'without the network of this machine, a copy of the log (--log) and its key (--vkey) are needed',
    path: ['brokers'],
  });

type Options = z.output<typeof options>;

/** `audit import`: do the topics hold what the log says? */
export function auditImport(tell: Tell): Command {
  return leaf('import', {
    description:
      'Compare what the topics hold with the log, by partition and offset: nothing missing, nothing extra. 0 the same, 1 findings, 2 cannot be judged',
    examples: [
      'audit import --from-kafka',
      'audit import --from-kafka --topic practice.receipts --topic practice.actions --json',
      'audit import --from-kafka --log export --from-offset practice.routing/0:120000',
      'audit import --from-kafka --log export --vkey … --brokers kafka:9093 --cert me.pem --key me.key --ca ca.pem',
    ],
  })
    .requiredOption('--from-kafka', 'what is compared: the topics of a broker')
    .option('--log <dir>', 'a copy of the log (audit export); the running auditor when absent')
    .option('--brokers <list>', 'host:port, separated by commas; those of the running network when absent')
    .option('--cert <file>', 'certificate to show the brokers; the administrator’s when absent')
    .option('--key <file>', 'its key')
    .option('--ca <file>', 'whom to believe that it is the broker')
    .option('--topic <name>', 'only this topic; may be repeated', collect)
    .option('--copies', 'inboxes and the like, too: nothing may be in them that is not in the log')
    .option('--from-offset <topic/partition:offset>', 'begin there; may be repeated', collect)
    .option('--vkey <vkey>', 'the log’s verification key; that of network.json when absent')
    .option('--report <file>', 'write the report as JSON, too')
    .action(
      answering(options, tell, async ({ options: given, home }) => {
        const network = given.brokers === undefined ? await readNetwork(home) : null;
        const policy = await policyOf({ vkey: given.vkey ?? network?.log.vkey, witness: [] });
        const { topicsInWords } = await import('../audit/topics-words.ts');
        const report = await judged(() => compared(given, network, policy));
        const file =
          given.report === undefined
            ? null
            : await writeOut(given.report, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
        return {
          json: { ...report, report: file },
          text: topicsInWords(report, languageOf(process.env)),
          exitCode: report.verdict === 'same' ? 0 : 1,
        };
      }),
    );
}

async function compared(
  given: Options,
  network: Network | null,
  policy: Awaited<ReturnType<typeof policyOf>>,
): Promise<TopicsReport> {
  const [{ compareTopics, folderCopy, ServedLog }, { TopicsOnBroker }, { auditorsWord }, { scratchFolder }] =
    await Promise.all([
      import('#audit'),
      import('../audit/topics-on-broker.ts'),
      import('../audit/auditors-word.ts'),
      import('../audit/scratch-folder.ts'),
    ]);
  const bar = new ProgressBar(languageOf(process.env) === 'it' ? 'voci e record' : 'leaves and records');
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  const broker = new TopicsOnBroker(brokerOf(given, network));
  const scratch = await scratchFolder();
  process.once('SIGINT', stop);
  try {
    // Before the checkpoint is: what it has handled by now is in that one or the next.
    const word = network === null ? null : await auditorsWord(clientOf(network.auditor));
    const read =
      given.log === undefined
        ? new ServedLog({ url: `${network?.auditor.url ?? ''}/log/`, token: network?.auditor.token ?? null })
            .read
        : folderCopy(resolvePath(given.log));
    // An older copy knows nothing of what the auditor has handled since.
    const used = word !== null && given.log !== undefined ? { ...word, handled: [] } : word;
    return await compareTopics({
      read,
      policy,
      openTopics: () =>
        broker.open({ topics: given.topic, copies: given.copies, from: given.fromOffset }, used),
      isEveryTopic: given.topic.length === 0,
      workFolder: scratch.folder,
      now: () => new Date(),
      onProgress: (done, all) => {
        bar.show(done, all);
      },
      signal: abort.signal,
    });
  } finally {
    process.off('SIGINT', stop);
    bar.end();
    await broker.close();
    await scratch.remove();
  }
}

function brokerOf({ brokers, cert, key, ca }: Options, network: Network | null) {
  const own = network?.kafka;
  return {
    brokers: brokers?.split(',').map((one) => one.trim()) ?? own?.brokers ?? [],
    tls: {
      cert: cert === undefined ? (own?.admin.cert ?? '') : resolvePath(cert),
      key: key === undefined ? (own?.admin.key ?? '') : resolvePath(key),
      ca: ca === undefined ? (own?.admin.ca ?? '') : resolvePath(ca),
    },
  };
}
