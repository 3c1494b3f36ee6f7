import { describe, expect, it } from 'vitest';
import { TEST_NOW, TestClock } from '#testing';
import { coded, containing, DATA, P256, TokenFixture } from './token.fixture.ts';
import { tokenIdentity } from './token-identity.fixture.ts';
import { CKR, CryptokiError, type Cryptoki } from './cryptoki.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';

const tokens = TokenFixture.forThisFile();

/** Answers as the module does, but for the calls that `fails` picks by their number, from 1. */
function failing(
  real: Cryptoki,
  code: number,
  fails: (call: number) => boolean,
): Cryptoki['sign'] & { readonly calls: () => number } {
  let calls = 0;
  const sign: Cryptoki['sign'] = (...args) => {
    calls += 1;
    return fails(calls) ? Promise.reject(new CryptokiError('C_Sign', code)) : real.sign(...args);
  };
  return Object.assign(sign, { calls: () => calls });
}

describe('a token that is lost', () => {
  it.each([
    'DEVICE_REMOVED',
    'SESSION_HANDLE_INVALID',
    'TOKEN_NOT_PRESENT',
    'USER_NOT_LOGGED_IN',
    'GENERAL_ERROR',
  ] as const)(
    'for a moment (%s): the session is opened anew, and the caller notices nothing',
    async (name) => {
      const broken = tokens.loading((real) => ({ sign: failing(real, CKR[name], (call) => call === 2) }));
      const signer = await tokens.signerOf(P256, 'P-256', broken);
      await expect(signer.sign(DATA)).resolves.toHaveLength(64);
      await expect(signer.check()).resolves.toBeNull();
    },
  );

  it('answers SIGNING_KEY_UNAVAILABLE, asks again after a pause, and signs when the token is back', async () => {
    const clock = new TestClock(TEST_NOW);
    const signer = await tokens.signerOf(P256, 'P-256', { clock });
    await tokens.hsm.unplug();
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNAVAILABLE',
      policy: { http: 503, disposition: 'retry' },
    });
    await expect(signer.check()).resolves.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
    clock.advance(1_000);
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      message: containing('HSM_TOKEN_ABSENT'),
    });
    await tokens.hsm.plug();
    clock.advance(1_000);
    await expect(signer.check()).resolves.toBeNull();
    await expect(signer.sign(DATA)).resolves.toHaveLength(64);
  });

  it('is left alone for a second after a failure, whoever asks', async () => {
    let calls = (): number => 0;
    const clock = new TestClock(TEST_NOW);
    const broken = tokens.loading((real) => {
      const sign = failing(real, CKR.DEVICE_ERROR, (call) => call > 1);
      calls = sign.calls;
      return { sign };
    });
    const signer = await tokens.signerOf(P256, 'P-256', { ...broken, clock });
    const asked = await Promise.allSettled([1, 2, 3, 4].map(() => signer.sign(DATA)));
    expect(asked.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await expect(signer.sign(DATA)).rejects.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
    // The probe, the first caller's attempt, and its second with a new session.
    expect(calls()).toBe(3);
    clock.advance(1_000);
    await expect(signer.sign(DATA)).rejects.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
    expect(calls()).toBe(4);
  });

  it('comes back with another key: nothing that the certificate does not verify leaves', async () => {
    const other = await tokenIdentity('c_d150', 'P-256');
    await tokens.hsm.addToken('Replaced');
    const { certificatePem, keyPem } = tokens.identityOf('P-256');
    await tokens.hsm.importKey(keyPem, 'Replaced', 'seal', '01');
    await tokens.hsm.importKey(other.keyPem, 'Replaced', 'other', '02');
    let searches = 0;
    const replaced = tokens.loading((real) => ({
      findObjects: (session, template, limit) => {
        searches += 1;
        const label = Buffer.from(searches <= 2 ? 'seal' : 'other');
        return real.findObjects(session, [...template, { type: 0x3, value: label }], limit);
      },
      sign: failing(real, CKR.DEVICE_REMOVED, (call) => call === 2),
    }));
    const key = {
      ...replaced.key,
      ...parsePkcs11Uri(tokens.hsm.uri('token=Replaced')),
      modulePath: replaced.key.modulePath,
    };
    const signer = await tokens.signerOf(P256, 'P-256', { ...replaced, key, certificatePem });
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNAVAILABLE',
      cause: { code: 'SIGNING_KEY_UNUSABLE' },
    });
  });

  it('that never answers keeps nobody longer than the deadline, and the next caller not at all', async () => {
    const hanging = Promise.withResolvers<Buffer>();
    let calls = 0;
    const stuck = tokens.loading((real) => ({
      sign: (...args) => {
        calls += 1;
        return calls === 2 ? hanging.promise : real.sign(...args);
      },
    }));
    const clock = new TestClock(TEST_NOW);
    const signer = await tokens.signerOf(P256, 'P-256', { ...stuck, clock, deadlineMs: 200 });
    const late: unknown = await signer.sign(DATA).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'SIGNING_KEY_UNAVAILABLE', message: containing('200 ms') });
    clock.advance(1_000);
    // The same error, not one of its own: it has not waited.
    await expect(signer.sign(DATA)).rejects.toBe(late);
    expect(calls).toBe(2);
    hanging.reject(new CryptokiError('C_Sign', CKR.DEVICE_ERROR));
    await expect
      .poll(() =>
        signer.sign(DATA).then(
          ({ length }) => length,
          () => 0,
        ),
      )
      .toBe(64);
  });
});
