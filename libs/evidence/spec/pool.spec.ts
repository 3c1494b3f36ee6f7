import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeEvent } from '#contracts';
import { HubError } from '#errors';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import {
  signEvent,
  signXml,
  VerifiedEvent,
  verifyEvent,
  VerifierPool,
  type BatchResult,
  type TrustView,
} from '../src/index.ts';
import { TASK_EVENTS } from '../src/pool.ts';

let authority: TestAuthority;
let comune: Identity;
let event: Buffer;
let pool: VerifierPool;

beforeAll(async () => {
  authority = await TestAuthority.create();
  comune = await authority.issue('c_d150');
  event = await signEvent(anEvent(), comune.signer, NOW);
  pool = new VerifierPool({ threads: 2 });
  await pool.verifyBatch([event], authority.trust, NOW);
});

afterAll(() => pool.close());

const codeOf = (result: BatchResult | undefined): string | null =>
  result !== undefined && 'refused' in result ? result.refused.code : null;

function alone(bytes: Buffer): BatchResult {
  try {
    return { verified: verifyEvent(bytes, authority.trust, NOW) };
  } catch (error) {
    if (error instanceof HubError) return { refused: error };
    throw error;
  }
}

describe('a batch on worker threads', () => {
  it('answers for each event, in order, as it would alone', async () => {
    const other = await authority.issue('p_cr');
    const revoked = await authority.issue('c_d150');
    const broken = replaced(serializeEvent(anEvent()), 'istat="019036"', 'istat="Cremona"');
    const batch = [
      event,
      replaced(event, 'UF-SUAP', 'UF-XXXX'),
      await signEvent(anEvent(), other.signer, NOW),
      await signXml(broken, comune.signer, NOW),
      Buffer.alloc(0),
      Buffer.alloc(600_000, ' '),
      await signEvent(anEvent(), revoked.signer, NOW),
      ...Array<Buffer>(40).fill(event),
    ];
    authority.list(revoked, { revokedFrom: NOW.toISOString() });
    const results = await pool.verifyBatch(batch, authority.trust, NOW);
    expect(results.map(codeOf)).toEqual(batch.map((bytes) => codeOf(alone(bytes))));
    expect(results.slice(0, 7).map(codeOf)).toEqual([
      null,
      'REFERENCE_DIGEST_MISMATCH',
      'CERTIFICATE_NOT_OF_AUTHOR',
      'XSD_INVALID',
      'SIGNED_DOCUMENT_MALFORMED',
      'SIGNED_DOCUMENT_TOO_LARGE',
      'KEY_REVOKED_BEFORE_ARRIVAL',
    ]);
  });

  it('gives what verifyEvent gives, with the bytes that it was given', async () => {
    const window = Buffer.concat([Buffer.from('before'), event, Buffer.from('after')]).subarray(6, -5);
    const [result] = await pool.verifyBatch([window], authority.trust, NOW);
    const verified = result !== undefined && 'verified' in result ? result.verified : null;
    expect(VerifiedEvent.is(verified)).toBe(true);
    expect(verified).toEqual(verifyEvent(window, authority.trust, NOW));
    expect(verified?.bytes).toBe(window);
  });

  it('judges the signer as the registry is when the bytes have been checked', async () => {
    const leaving = await authority.issue('c_d150');
    const signed = await signEvent(anEvent(), leaving.signer, NOW);
    const pending = pool.verifyBatch([signed], authority.trust, NOW);
    authority.list(leaving, { revokedFrom: NOW.toISOString() });
    expect((await pending).map(codeOf)).toEqual(['KEY_REVOKED_BEFORE_ARRIVAL']);
  });

  it('of nothing is nothing', async () => {
    expect(await pool.verifyBatch([], authority.trust, NOW)).toEqual([]);
  });

  it('takes in no more than one task in a turn of the event loop', async () => {
    const thisTurn = { judged: 0, most: 0 };
    const counting: TrustView = {
      anchors: authority.trust.anchors,
      certificate: (fingerprint, presented) => {
        thisTurn.judged += 1;
        thisTurn.most = Math.max(thisTurn.most, thisTurn.judged);
        return authority.trust.certificate(fingerprint, presented);
      },
    };
    const batch = Array<Buffer>(20 * TASK_EVENTS).fill(event);
    const verified = Promise.all([
      pool.verifyBatch(batch, counting, NOW),
      pool.verifyBatch(batch, counting, NOW),
    ]);
    const done = { yet: false };
    void verified.finally(() => (done.yet = true));
    while (!done.yet) {
      await setImmediate();
      thisTurn.judged = 0;
    }
    expect((await verified).flat().every((result) => 'verified' in result)).toBe(true);
    expect(thisTurn.most).toBe(TASK_EVENTS);
  });
});
