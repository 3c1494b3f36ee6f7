import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serializeEvent } from '#contracts';
import { HubError } from '#errors';
import { dieOf, DYING_VERIFIER, type Deaths } from '#testing';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import {
  signDecisions,
  signEvent,
  signReceipts,
  signXml,
  VerifiedEvent,
  verifyDecision,
  verifyEvent,
  verifyReceipt,
  verifyAction,
  signActions,
  VerifierPool,
  type CheckedKind,
  type TrustView,
} from '../src/index.ts';
import { INLINE, inTasks, THREADED } from '../src/pool-tasks.ts';
import { actionAt, decisionAt, receiptAt } from './item-samples.ts';

const threaded = new VerifierPool({ threads: 2 });
const unthreaded = new VerifierPool({ threads: 0 });
const POOLS = [
  ['on threads', threaded],
  ['without threads', unthreaded],
] as const;

/** Threads start from sources: seconds, on a busy machine. */
const STARTING = { timeout: 60_000 };

let authority: TestAuthority;
let trust: TrustView;
let comune: Identity;
let router: Identity;
let event: Buffer;

beforeAll(async () => {
  authority = await TestAuthority.create();
  trust = authority.trust;
  comune = await authority.issue('c_d150');
  router = await authority.issue('router-1', { role: 'router' });
  event = await signEvent(anEvent(), comune.signer, NOW);
});

afterAll(async () => {
  await threaded.close();
  await unthreaded.close();
});

const same = (bytes: Buffer): Buffer => bytes;
const isVerified = (value: unknown): boolean => VerifiedEvent.is(value);

const VERIFIERS = {
  event: verifyEvent,
  decision: verifyDecision,
  receipt: verifyReceipt,
  action: verifyAction,
} as const;

function told(judge: () => unknown): unknown {
  try {
    return judge();
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}

const alone = (kind: CheckedKind, documents: readonly Buffer[], at = NOW): unknown[] =>
  documents.map((bytes) => told(() => VERIFIERS[kind](bytes, trust, at)));

async function together(
  pool: VerifierPool,
  kind: CheckedKind,
  documents: readonly Buffer[],
  at = NOW,
): Promise<unknown[]> {
  const checked = await pool.check(kind, documents, (bytes) => bytes);
  return checked.map((one) => told(() => one.judge(trust, at)));
}

const copies = (count: number, bytes = event): Buffer[] =>
  Array.from({ length: count }, () => Buffer.from(bytes));

describe.each(POOLS)('a batch %s', STARTING, (_, pool) => {
  it('of events answers for each, in order, what verifyEvent says of it alone', async () => {
    const revoked = await authority.issue('c_d150');
    const broken = replaced(serializeEvent(anEvent()), 'istat="019036"', 'istat="Cremona"');
    const batch = [
      event,
      replaced(event, 'UF-SUAP', 'UF-XXXX'),
      await signEvent(anEvent(), (await authority.issue('p_cr')).signer, NOW),
      await signXml(broken, comune.signer, NOW),
      Buffer.alloc(0),
      Buffer.alloc(600_000, ' '),
      await signEvent(anEvent(), revoked.signer, NOW),
      ...copies(40),
    ];
    authority.list(revoked, { revokedFrom: NOW.toISOString() });
    const answers = await together(pool, 'event', batch);
    expect(answers).toEqual(alone('event', batch));
    expect(answers.slice(1, 7)).toEqual([
      'REFERENCE_DIGEST_MISMATCH',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'XSD_INVALID',
      'SIGNED_DOCUMENT_MALFORMED',
      'SIGNED_DOCUMENT_TOO_LARGE',
      'KEY_REVOKED_BEFORE_ARRIVAL',
    ]);
    expect(answers.filter(isVerified)).toHaveLength(41);
  });

  it('of decisions answers for each what verifyDecision says of it alone, whichever batch each was signed in', async () => {
    const signed = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (position) => {
        const { items } = await signDecisions([decisionAt(position), decisionAt(100)], router.signer, NOW);
        return items[0]!;
      }),
    );
    const asOther = await signDecisions([decisionAt(1, 'router-2')], router.signer, NOW);
    const byMember = await signDecisions([decisionAt(1)], comune.signer, NOW);
    const receipts = await signReceipts([receiptAt(1)], comune.signer, NOW);
    const swapped = replaced(
      signed[0]!,
      /<Batch>.*<\/Batch>/,
      /<Batch>.*<\/Batch>/.exec(String(signed[1]))![0],
    );
    const batch = [
      ...signed,
      ...asOther.items,
      ...byMember.items,
      ...receipts.items,
      swapped,
      replaced(signed[2]!, 'index="0"', 'index="1"'),
      replaced(signed[3]!, ' size=', '  size='),
      event,
    ];
    const answers = await together(pool, 'decision', batch);
    expect(answers).toEqual(alone('decision', batch));
    expect(answers.slice(8)).toEqual([
      'CERTIFICATE_NOT_OF_AUTHOR',
      'CERTIFICATE_ROLE_WRONG',
      'CERTIFICATE_ROLE_WRONG',
      'BATCH_ITEM_NOT_INCLUDED',
      'BATCH_ITEM_NOT_INCLUDED',
      'SIGNED_ITEM_MALFORMED',
      'XML_UNEXPECTED',
    ]);
  });

  it('of actions answers for each what verifyAction says of it alone', async () => {
    const own = ['a', 'b', 'c', 'd', 'e', 'f'].map((outcome) => actionAt(outcome));
    const asRouter = { ...actionAt('g'), role: 'router' as const };
    const batch = [
      ...(await signActions(own, comune.signer, NOW)).items,
      ...(await signActions([actionAt('h', 'p_cr')], comune.signer, NOW)).items,
      ...(await signActions([asRouter], comune.signer, NOW)).items,
      ...(await signReceipts([receiptAt(1)], comune.signer, NOW)).items,
    ];
    const answers = await together(pool, 'action', batch);
    expect(answers).toEqual(alone('action', batch));
    expect(answers[0]).toMatchObject({ action: own[0] });
    expect(answers.slice(6)).toEqual([
      'CERTIFICATE_NOT_OF_AUTHOR',
      'CERTIFICATE_ROLE_WRONG',
      'BATCH_KIND_WRONG',
    ]);
  });

  it('of receipts answers for each what verifyReceipt says of it alone', async () => {
    const { items } = await signReceipts([1, 2, 3, 4, 5, 6].map(receiptAt), comune.signer, NOW);
    expect(await together(pool, 'receipt', items)).toEqual(alone('receipt', items));
    expect(items).toHaveLength(6);
  });

  it('of nothing is nothing', async () => {
    expect(await together(pool, 'event', [])).toEqual([]);
  });

  it('judges each document by its own time of arrival', async () => {
    const leaving = await authority.issue('c_d150');
    const signed = await signEvent(anEvent(), leaving.signer, NOW);
    authority.list(leaving, { revokedFrom: NOW.toISOString() });
    const times = [0, -1, 0, -1, 0, -1].map((ms) => new Date(NOW.getTime() + ms));
    const checked = await pool.check('event', times, () => Buffer.from(signed));
    const answers = checked.map((one) => isVerified(told(() => one.judge(trust, one.item))));
    expect(answers).toEqual([false, true, false, true, false, true]);
  });

  it('judges signers as the registry is when it is asked, not when the bytes were checked', async () => {
    const leaving = await authority.issue('c_d150');
    const checked = await pool.check(
      'event',
      copies(INLINE.documents + 1, await signEvent(anEvent(), leaving.signer, NOW)),
      same,
    );
    authority.list(leaving, { revokedFrom: NOW.toISOString() });
    expect(checked.map((one) => told(() => one.judge(trust, NOW)))).toEqual(
      Array(INLINE.documents + 1).fill('KEY_REVOKED_BEFORE_ARRIVAL'),
    );
  });

  it('gives documents with the very bytes that it was given', async () => {
    const window = Buffer.concat([Buffer.from('before'), event, Buffer.from('after')]).subarray(6, -5);
    const checked = await pool.check('event', [...copies(INLINE.documents), window], same);
    const verified = checked.at(-1)?.judge(trust, NOW);
    expect(verified?.bytes).toBe(window);
    expect(isVerified(verified)).toBe(true);
  });

  it('is refused, as nothing wrong with the documents, once the pool is closed', async () => {
    const closed = new VerifierPool({ threads: pool === threaded ? 1 : 0 });
    await closed.close();
    await expect(closed.check('event', copies(5), same)).rejects.toMatchObject({ code: 'VERIFIER_FAILED' });
    expect(new HubError('VERIFIER_FAILED', '').policy.disposition).toBe('retry');
  });
});

describe('the event loop', STARTING, () => {
  /** How many of `batches` end between two turns of the event loop, at most. */
  async function mostInATurn(batches: readonly Promise<unknown>[]): Promise<number> {
    const turn = { ended: 0, most: 0 };
    const done = { yet: false };
    for (const batch of batches) {
      void batch.then(() => {
        turn.ended += 1;
        turn.most = Math.max(turn.most, turn.ended);
      });
    }
    void Promise.all(batches).then(() => (done.yet = true));
    while (!done.yet) {
      await setImmediate();
      turn.ended = 0;
    }
    return turn.most;
  }

  it('turns between the answers of threads, however many arrive together', async () => {
    // Each of these batches is one task.
    const batches = Array.from({ length: 40 }, () =>
      threaded.check('event', copies(THREADED.documents), same),
    );
    expect(threaded.pending).toBe(40);
    expect(await mostInATurn(batches)).toBe(1);
    expect(threaded.pending).toBe(0);
  });

  it('turns every few documents when there are no threads', async () => {
    const turns = { count: 0, over: false };
    const checked = unthreaded.check('event', copies(10 * INLINE.documents), same);
    void checked.finally(() => (turns.over = true));
    while (!turns.over) {
      await setImmediate();
      turns.count += 1;
    }
    expect(turns.count).toBeGreaterThanOrEqual(9);
  });

  it('is spared a single large document, and batches beyond a few small ones', () => {
    const sizes = (...lengths: number[]) =>
      inTasks(
        lengths.map((length) => Buffer.alloc(length)),
        INLINE,
      ).length;
    expect(sizes(INLINE.bytes + 1, 1)).toBe(2);
    expect(sizes(...Array<number>(INLINE.documents + 1).fill(1))).toBe(2);
  });
});

describe('a thread that dies', STARTING, () => {
  const home = mkdtempSync(join(tmpdir(), 'verifier-'));
  const order = join(home, 'order');
  const failures: unknown[] = [];
  const dying = new VerifierPool({
    threads: 1,
    program: DYING_VERIFIER,
    observer: { checked: () => undefined, failed: (error) => failures.push(error) },
  });

  const poison = Buffer.from('poison');
  const batch = (): Buffer[] => [...copies(20), poison, ...copies(40)];
  const kill = (deaths: Deaths): void => {
    dieOf(poison, deaths, order);
  };

  afterEach(() => {
    rmSync(order, { force: true });
  });
  afterAll(async () => {
    await dying.close();
    rmSync(home, { recursive: true });
  });

  it('loses nothing: its documents are checked again', async () => {
    kill('once');
    expect(await together(dying, 'event', batch())).toEqual(alone('event', batch()));
    expect(failures.splice(0)).toHaveLength(1);
  });

  it('hurts no other document when it dies of one each time, and that one may be tried again', async () => {
    kill('always');
    const answers = await together(dying, 'event', batch());
    expect(answers[20]).toBe('VERIFIER_FAILED');
    expect(answers.filter(isVerified)).toHaveLength(60);
    expect(failures.splice(0)).toHaveLength(2);
    rmSync(order);
    expect(await together(dying, 'event', batch())).toEqual(alone('event', batch()));
  });

  it('refuses the batch, not its documents, when no thread can be started', async () => {
    const broken = new VerifierPool({ threads: 1, program: join(home, 'nothing-here.ts') });
    await expect(broken.check('event', copies(INLINE.documents + 1), same)).rejects.toMatchObject({
      code: 'VERIFIER_FAILED',
    });
    await broken.close();
  });
});
