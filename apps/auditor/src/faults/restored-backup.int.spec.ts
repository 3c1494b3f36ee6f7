/** docs/restore.md, followed: what an operator does with an auditor's backup, and is told. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_POLICIES } from '#errors';
import { HealthRegistry } from '#platform';
import { copyDatabase } from '#testing';
import { LogInstance } from '../log-database.fixture.ts';
import { logDatabase } from '../new-log-database.fixture.ts';
import { LogHealth } from '../log-health.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { SampleNetwork } from '../signed-samples.fixture.ts';
import { requireUncontradicted } from '../witnesses/contradictions.ts';
import { showWitnesses } from '../witnesses/show-witnesses.ts';
import { healthOf } from '../witnesses/watch-witnesses.ts';
import { WitnessNode } from '../witnesses/witness-nodes.fixture.ts';
import { grow, logOf, partsOf, StandingClock } from '../witnesses/witnesses.fixture.ts';
import { Witnesses } from '../witnesses/witnesses.ts';

const PAGE = readFileSync('docs/restore.md', 'utf8');
/** The part about the auditor. */
const AUDITOR = PAGE.slice(PAGE.indexOf('## The auditor'), PAGE.indexOf('## The registry'));

const network = await SampleNetwork.create();
await network.admit('auditor', 'auditor');
const clock = new StandingClock();
const closing: (() => unknown)[] = [];

let log: LogInstance;
let nodes: WitnessNode[];
/** A copy of the database at 4 leaves, of one that has 7. */
let backup: string;
/** The newest checkpoint, as anybody has kept it. */
let kept: string;

async function open(url: string): Promise<LogInstance> {
  const opened = await LogInstance.open(url, log.signer);
  closing.push(() => opened.close());
  return opened;
}

function witnessesOf(of: LogInstance): Witnesses {
  const made = new Witnesses(partsOf(of, network, nodes, { clock }));
  closing.push(() => made.close());
  return made;
}

async function started(of: LogInstance): Promise<LogWriter> {
  const writer = await of.writer({ permit: requireUncontradicted });
  closing.push(() => writer.close());
  writer.start();
  return writer;
}

beforeAll(async () => {
  log = await LogInstance.open(await logDatabase());
  closing.push(() => log.close());
  nodes = await Promise.all(
    ['c_d150', 'p_cr', 'c_d142'].map((ipa, n) => WitnessNode.start(network, logOf(log), ipa, 200 + n)),
  );
  for (const node of nodes)
    closing.push(() => {
      node.close();
    });
  const witnesses = witnessesOf(log);
  await grow(log, network, 4);
  await witnesses.round();
  backup = await copyDatabase(log.url);
  await grow(log, network, 3);
  await witnesses.round();
  const [row] = await log.rows<{ note: Buffer }>('select note from checkpoint order by size desc limit 1');
  kept = row!.note.toString();
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

describe('the copy of an auditor’s database', () => {
  /** What the page's own query answers, as `psql -At` prints it. */
  async function compared(url: string): Promise<string> {
    const [, size = ''] = kept.split('\n');
    const sql = /psql "\$AUDITOR_DATABASE" -Atc "(?<sql>[^"]+)"/.exec(AUDITOR)?.groups?.['sql'] ?? '';
    const rows = await (await open(url)).rows<{ encode: string }>(sql.replace('<second line>', size));
    return rows.map(({ encode }) => encode).join('\n');
  }

  it('is compared with a kept checkpoint before it is started, by what the page has for it', async () => {
    const [, , root] = kept.split('\n');
    expect(await compared(await copyDatabase(log.url))).toBe(root);
    expect(await compared(await copyDatabase(backup))).toBe('');
    const other = await open(await copyDatabase(backup));
    await grow(other, network, 3);
    expect(await compared(other.url)).not.toBe(root);
  });

  it('that is old and was started all the same: the operator is told what it is, which size to reach, and where it stands what to do', async () => {
    const copy = await open(await copyDatabase(backup));
    await witnessesOf(copy).examineAll();
    const writer = await started(copy);
    await expect.poll(() => writer.error?.code, { timeout: 20_000 }).toBe('LOG_ROLLED_BACK');
    const health = new HealthRegistry();
    new LogHealth({ work: copy.work }, writer).register(health);
    const { log: told } = (await health.check()).checks;
    expect(told?.status).toBe('down');
    expect(told?.detail).toMatch(
      /^LOG_ROLLED_BACK: \w+ has a checkpoint of size 7 under this log's signature; this database stood at 4/,
    );
    const view = await copy.work.read((tx) => showWitnesses(tx, partsOf(copy, network, nodes, { clock })));
    expect(healthOf(view, clock.now())).toMatchObject({ status: 'down' });
    expect(ERROR_POLICIES.LOG_ROLLED_BACK.remedy.it).toContain('docs/restore.md');
    expect(ERROR_POLICIES.LOG_ROLLED_BACK.remedy.en).toContain('docs/restore.md');
    await writer.close();
    expect(await copy.size()).toBe(4);
  });

  it('that reaches that size goes on, and nothing is left of the mistake', async () => {
    const newer = await open(await copyDatabase(log.url));
    const witnesses = witnessesOf(newer);
    await witnesses.examineAll();
    const writer = await started(newer);
    await newer.wait(2);
    await expect.poll(() => newer.size(), { timeout: 20_000 }).toBe(9);
    expect(writer.error).toBeNull();
    await witnesses.round();
    const view = await newer.work.read((tx) => showWitnesses(tx, partsOf(newer, network, nodes, { clock })));
    expect(view).toMatchObject({ witnessed: { size: 9 }, contradictions: [] });
  });

  it.each(['LOG_ROLLED_BACK', 'LOG_FORKED', 'LOG_FILES_CONTRADICTED'])(
    'is what the page speaks of under %s, in its words for operators',
    (code) => {
      expect(AUDITOR).toContain(code);
      expect(readFileSync('docs/audit.md', 'utf8')).toMatch(
        new RegExp(`^\\| \`${code}\`[^\\n]*(restore\\.md#the-auditor|begin a log of another name)`, 'm'),
      );
    },
  );
});
