import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HubError } from '#errors';
import type { ArchiveScope, Exported } from '#audit';
import type { NoteVerifier } from '#tlog';
import { checkpointToExport, servedLog } from '../audit/served-log.ts';
import { resolvePath } from '../network/home.ts';
import { readNetwork, type Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { readInput } from '../network/read-input.ts';
import { languageOf } from '../output/failure.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { fields } from '../output/table.ts';
import { lookUpPractice } from '../practices/find-practice.ts';
import { RestClient } from '../rest/rest-client.ts';

const moment = z.coerce.date();

const options = z
  .object({
    to: text,
    practice: text.optional(),
    authority: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,16}$/, 'an IPA code')
      .optional(),
    from: moment.optional(),
    toTime: moment.optional(),
    withoutArchive: z.boolean().default(false),
    newest: z.boolean().default(false),
    auditor: z.url().optional(),
    tokenFile: text.optional(),
    vkey: text.optional(),
  })
  .refine(({ from, toTime }) => (from === undefined) === (toTime === undefined), {
    message: 'a period has a beginning and an end: --from and --to-time',
    path: ['from'],
  })
  .refine(
    ({ practice, authority, from, withoutArchive }) =>
      [practice, authority, from, withoutArchive ? true : undefined].filter((one) => one !== undefined)
        .length <= 1,
    {
      message: 'one of --practice, --authority, --from with --to-time, --without-archive',
      path: ['practice'],
    },
  )
  .refine(
    ({ auditor, tokenFile, vkey }) =>
      new Set([auditor, tokenFile, vkey].map((one) => one === undefined)).size === 1,
    {
      message: 'an auditor elsewhere takes --auditor, --token-file and --vkey together',
      path: ['auditor'],
    },
  );

type Options = z.output<typeof options>;

/** Where the log is served, with whose key it has to be signed, and under which root the registry stands. */
interface Source {
  readonly client: RestClient;
  readonly log: NoteVerifier;
  readonly root: string | null;
  readonly network: Network | null;
}

/** `audit export`: the log and its archive as a folder that verifies by itself. */
export function auditExport(tell: Tell): Command {
  return leaf('export', {
    description:
      'Copy the log and its archive into a folder, verified on the way; run again, it fetches what is new',
    examples: [
      'audit export --to export',
      'audit export --to march --from 2026-03-01 --to-time 2026-04-01',
      'audit export --to practice --practice c_d150/2026/000001',
      'audit export --to export --auditor https://auditor.example --token-file token --vkey log.example/one+1a2b3c4d+AQ…',
    ],
  })
    .requiredOption('--to <dir>', 'the folder: empty, or that of an export of the same')
    .option('--practice <cui>', 'of the archive only this practice: its CUI, or <owner>/<practice id>')
    .option('--authority <ipa>', 'of the archive only the practices in which this authority has a part')
    .option('--from <time>', 'of the archive only what is dated from this moment on')
    .option('--to-time <time>', '… and before this one')
    .option('--without-archive', 'nothing of the archive: entries, tiles and the registry')
    .option('--newest', 'the newest checkpoint, whether or not witnesses have cosigned it')
    .option('--auditor <url>', 'an auditor elsewhere, in place of that of network.json')
    .option('--token-file <file>', 'its token, with scope audit')
    .option('--vkey <vkey>', 'its log’s verification key')
    .action(
      answering(options, tell, async ({ options: given, home }) => {
        const source = await sourceOf(given, home);
        const folder = resolvePath(given.to);
        const { description, missing } = await exported(source, folder, given);
        const { origin, size, madeAt, archive } = description;
        const words = fields({
          log: origin,
          leaves: String(size),
          folder,
          archive: archive.of,
          documents: String(archive.documents),
          ...(missing === 0 ? {} : { missing: `${missing} documents that the archive does not have` }),
        });
        return {
          json: { folder, origin, size, madeAt, archive, missing, vkey: source.log.vkey, root: source.root },
          text: `EXPORTED\n${words}\n\nreset-hub audit verify ${given.to} --vkey ${source.log.vkey}${source.root === null ? '' : ` --root ${source.root}`}`,
          exitCode: missing === 0 ? 0 : 1,
        };
      }),
    );
}

async function sourceOf({ auditor, tokenFile, vkey }: Options, home: string): Promise<Source> {
  const { parseVkey } = await import('#tlog');
  if (auditor !== undefined && tokenFile !== undefined && vkey !== undefined) {
    const token = (await readInput(tokenFile)).toString('utf8').trim();
    return {
      client: new RestClient('auditor', auditor, token),
      log: parseVkey(vkey),
      root: null,
      network: null,
    };
  }
  const network = await readNetwork(home);
  return {
    client: clientOf(network.auditor),
    log: parseVkey(network.log.vkey),
    root: network.pki.fingerprint === '' ? null : network.pki.fingerprint,
    network,
  };
}

async function exported(source: Source, folder: string, given: Options): Promise<Exported> {
  const { CHECKPOINT_PATH, exportLog } = await import('#audit');
  const { verifyCheckpoint } = await import('#tlog');
  const read = servedLog(source.client);
  const sizeOf = (note: Buffer): number => verifyCheckpoint(note, source.log).size;
  const before = await readFile(join(folder, CHECKPOINT_PATH)).catch(() => undefined);
  const checkpoint = await checkpointToExport(read, {
    newest: given.newest,
    sizeOf,
    atLeast: before === undefined ? 0 : sizeOf(before),
  });
  const scope = await scopeOf(given, source.network);
  const bar = new ProgressBar(languageOf(process.env) === 'it' ? 'passi' : 'steps');
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  process.once('SIGINT', stop);
  try {
    return await exportLog({
      read,
      folder,
      checkpoint,
      scope,
      log: source.log,
      root: source.root,
      now: () => new Date(),
      signal: abort.signal,
      onProgress: (done, of) => {
        bar.show(done, of);
      },
    });
  } finally {
    process.off('SIGINT', stop);
    bar.end();
  }
}

/** What of the archive was asked for. @throws HubError `PRACTICE_NOT_FOUND`, `USAGE_INVALID` */
async function scopeOf(
  { practice, authority, from, toTime, withoutArchive }: Options,
  network: Network | null,
): Promise<ArchiveScope> {
  if (withoutArchive) return { of: 'nothing' };
  if (authority !== undefined) return { of: 'authority', authority };
  if (from !== undefined && toTime !== undefined)
    return { of: 'period', from: from.toISOString(), to: toTime.toISOString() };
  if (practice === undefined) return { of: 'everything' };
  return { of: 'practice', practice: await practiceOf(practice, network) };
}

const IDENTITY = /^([A-Za-z0-9_.-]{1,16})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A practice's identity, as the log has it; a CUI is looked up at the authorities, since the log does not have it. */
async function practiceOf(
  name: string,
  network: Network | null,
): Promise<{ readonly owner: string; readonly uuid: string }> {
  const [, owner, uuid] = IDENTITY.exec(name) ?? [];
  if (owner !== undefined && uuid !== undefined) return { owner, uuid };
  if (network === null)
    throw new HubError('USAGE_INVALID', '--practice: with --auditor it is <owner>/<practice id>');
  for (const member of network.members) {
    const found = await lookUpPractice(clientOf(member), name);
    if (found !== undefined) return { owner: found.owner, uuid: found.practiceId };
  }
  throw new HubError('PRACTICE_NOT_FOUND', `no authority has a practice ${name}`);
}
