import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubEvent } from '#contracts';
import { generalEngine, signEvent, strictEngine, verifyEvent } from '#evidence';
import { aNetwork, anEvent, NO_SOFT_HSM, SoftHsm, TEST_NOW, TestClock } from '#testing';
import { tokenIdentity, type KeyKind, type TokenIdentity } from '../test/token-identity.ts';
import { CKF, CKR, CryptokiError, type Cryptoki } from './cryptoki.ts';
import { openPkcs11Signer, type HeldSigner, type Pkcs11SignerOptions } from './pkcs11-signer.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';
import { loadCryptoki } from './token-module.ts';

const MAX_BYTES = 1_000_000;
const DATA = Buffer.from('what is to be signed');
const KINDS: readonly KeyKind[] = ['P-256', 'P-384', 'RSA 2048'];

let hsm: SoftHsm;
let event: HubEvent;
const identities = new Map<KeyKind, TokenIdentity>();
const open = new Set<HeldSigner>();

beforeAll(async () => {
  if (NO_SOFT_HSM !== null) return;
  hsm = await SoftHsm.create();
  await hsm.addToken('Comune');
  for (const [index, kind] of KINDS.entries()) {
    const identity = await tokenIdentity('c_d150', kind);
    identities.set(kind, identity);
    await hsm.importKey(identity.keyPem, 'Comune', kind, `0${index}`);
  }
  event = (await anEvent(await aNetwork().founded()).signed()).event;
});

afterAll(async () => {
  if (NO_SOFT_HSM === null) await hsm.remove();
});

beforeEach(({ skip }) => {
  skip(NO_SOFT_HSM !== null, NO_SOFT_HSM ?? '');
});

afterEach(async () => {
  for (const signer of open) await signer.close();
  open.clear();
  await hsm.setPin();
});

function identityOf(kind: KeyKind): TokenIdentity {
  const identity = identities.get(kind);
  if (identity === undefined) throw new Error(`no identity of ${kind}`);
  return identity;
}

/** A signer with the key that `path` names; with the certificate of `kind`. */
async function signerOf(
  path: string,
  kind: KeyKind = 'P-256',
  options: Partial<Pkcs11SignerOptions> = {},
): Promise<HeldSigner> {
  const signer = await openPkcs11Signer({
    certificatePem: identityOf(kind).certificatePem,
    key: parsePkcs11Uri(hsm.uri(path)),
    clock: new TestClock(TEST_NOW),
    logger: { info: () => undefined, warn: () => undefined },
    ...options,
  });
  open.add(signer);
  return signer;
}

const coded = (code: string): unknown => expect.objectContaining({ code });
const containing = (text: string): unknown => expect.stringContaining(text);
const P256 = 'token=Comune;object=P-256';

/** SoftHSM, with some of its functions replaced. */
function loading(change: (real: Cryptoki) => Partial<Cryptoki>): Pick<Pkcs11SignerOptions, 'load' | 'key'> {
  const key = parsePkcs11Uri(hsm.uri(P256));
  // Another spelling of the path is another module to this room, and the same one to SoftHSM.
  replaced += 1;
  const modulePath = key.modulePath.replace('/', '/'.repeat(replaced + 1));
  return {
    key: { ...key, modulePath },
    load: async (path) => {
      const real = await loadCryptoki(path);
      return { ...real, ...change(real) };
    },
  };
}
let replaced = 0;

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

describe('a key in a token', () => {
  it.each(KINDS)('of %s signs an event that both engines verify, and the network accepts', async (kind) => {
    const signer = await signerOf(`token=Comune;object=${encodeURIComponent(kind)}`, kind);
    const bytes = await signEvent(event, signer, TEST_NOW);
    expect(strictEngine.check(bytes, MAX_BYTES).certificate.fingerprint).toBe(signer.certificate.fingerprint);
    expect(generalEngine.check(bytes, MAX_BYTES).certificate.fingerprint).toBe(
      signer.certificate.fingerprint,
    );
    expect(verifyEvent(bytes, identityOf(kind).trust, TEST_NOW).event.id).toBe(event.id);
  });

  it('is found by its id, and signs for many callers at once', async () => {
    const signer = await signerOf('id=%00');
    const { algorithm, publicKey } = signer.certificate;
    const documents = Array.from({ length: 50 }, (_, index) => Buffer.from(`document ${index}`));
    const values = await Promise.all(documents.map((data) => signer.sign(data)));
    for (const [index, value] of values.entries()) {
      const data = documents[index] ?? DATA;
      expect(algorithm?.verify(data, algorithm.normalize(value, publicKey), publicKey)).toBe(true);
    }
  });

  it('gives the event loop its turns while the token works', async () => {
    const signer = await signerOf('token=Comune;object=RSA%202048', 'RSA 2048');
    let isSigned = false;
    const signing = signer.sign(DATA).then(() => {
      isSigned = true;
    });
    // A call on this thread would be over, and the promises behind it too, before the loop turns.
    await new Promise(setImmediate);
    expect(isSigned).toBe(false);
    await signing;
  });

  it('outlives garbage collections: nothing native hangs on what V8 may clear away', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const signer = await signerOf(P256);
    for (let round = 0; round < 5; round += 1) {
      const signing = signer.sign(DATA);
      collect();
      await new Promise(setImmediate);
      collect();
      await expect(signing).resolves.toHaveLength(64);
    }
  });

  it('goes on while another key of the same module comes, signs and goes', async () => {
    const first = await signerOf(P256);
    const second = await signerOf('token=Comune;object=P-384', 'P-384');
    await Promise.all([first.sign(DATA), second.sign(DATA)]);
    await second.close();
    await expect(first.sign(DATA)).resolves.toHaveLength(64);
    await expect(second.sign(DATA)).rejects.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
  });
});

describe('at the start', () => {
  it.each([
    ['HSM_TOKEN_ABSENT', 'token=Provincia', 'Comune (serial '],
    ['HSM_KEY_ABSENT', 'token=Comune;object=none', 'object none'],
    ['HSM_KEY_AMBIGUOUS', 'token=Comune', 'object (any)'],
    ['SIGNING_KEY_UNUSABLE', 'token=Comune;object=RSA%202048', ''],
    ['SIGNING_KEY_UNUSABLE', 'token=Comune;object=P-384', ''],
  ])('says %s for %s', async (code, path, detail) => {
    await expect(signerOf(path)).rejects.toMatchObject({ code, message: containing(detail) });
  });

  it('says that a key of the right kind is not the certificate’s', async () => {
    const other = await tokenIdentity('c_d150', 'P-256');
    await expect(signerOf(P256, 'P-256', { certificatePem: other.certificatePem })).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNUSABLE',
      message: containing('not the certificate’s'),
    });
  });

  it('says HSM_TOKEN_AMBIGUOUS when two tokens have the name', async () => {
    await hsm.addToken('Twin');
    await hsm.addToken('Twin');
    await expect(signerOf('token=Twin')).rejects.toEqual(coded('HSM_TOKEN_AMBIGUOUS'));
  });

  it('tries a wrong PIN once, however often it is started with it, and the right one afterwards', async () => {
    await hsm.setPin('0000');
    let logins = 0;
    const counted = loading((real) => ({
      login: (...args) => {
        logins += 1;
        return real.login(...args);
      },
    }));
    await expect(signerOf(P256, 'P-256', counted)).rejects.toEqual(coded('HSM_PIN_REFUSED'));
    await expect(signerOf(P256, 'P-256', counted)).rejects.toEqual(coded('HSM_PIN_REFUSED'));
    expect(logins).toBe(1);
    await hsm.setPin();
    await expect((await signerOf(P256, 'P-256', counted)).sign(DATA)).resolves.toHaveLength(64);
  });

  it.each([
    ['without pin-source', (uri: string) => uri.replace(/&pin-source=.*/, '')],
    ['with a file that is not there', (uri: string) => `${uri}.none`],
  ])('says HSM_PIN_REFUSED %s', async (_, change) => {
    const key = parsePkcs11Uri(change(hsm.uri(P256)));
    await expect(signerOf(P256, 'P-256', { key })).rejects.toEqual(coded('HSM_PIN_REFUSED'));
  });

  it('does not use up the last attempt that a token has left', async () => {
    let logins = 0;
    const lastTry = loading((real) => ({
      tokenInfo: async (slot) => {
        const info = await real.tokenInfo(slot);
        return { ...info, flags: info.flags | CKF.USER_PIN_FINAL_TRY };
      },
      login: () => {
        logins += 1;
        return Promise.resolve();
      },
    }));
    await expect(signerOf(P256, 'P-256', lastTry)).rejects.toEqual(coded('HSM_PIN_LOCKED'));
    expect(logins).toBe(0);
  });

  it.each(['/nonexistent/module.so', import.meta.filename])(
    'says that %s is no module',
    async (modulePath) => {
      const key = { ...parsePkcs11Uri(hsm.uri(P256)), modulePath };
      await expect(signerOf(P256, 'P-256', { key })).rejects.toEqual(coded('PKCS11_MODULE_UNUSABLE'));
    },
  );
});

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
      const broken = loading((real) => ({ sign: failing(real, CKR[name], (call) => call === 2) }));
      const signer = await signerOf(P256, 'P-256', broken);
      await expect(signer.sign(DATA)).resolves.toHaveLength(64);
      await expect(signer.check()).resolves.toBeNull();
    },
  );

  it('answers SIGNING_KEY_UNAVAILABLE, asks again after a pause, and signs when the token is back', async () => {
    const clock = new TestClock(TEST_NOW);
    const signer = await signerOf(P256, 'P-256', { clock });
    await hsm.unplug();
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNAVAILABLE',
      policy: { http: 503, disposition: 'retry' },
    });
    await expect(signer.check()).resolves.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
    clock.advance(1_000);
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      message: containing('HSM_TOKEN_ABSENT'),
    });
    await hsm.plug();
    clock.advance(1_000);
    await expect(signer.check()).resolves.toBeNull();
    await expect(signer.sign(DATA)).resolves.toHaveLength(64);
  });

  it('is left alone for a second after a failure, whoever asks', async () => {
    let calls = (): number => 0;
    const clock = new TestClock(TEST_NOW);
    const broken = loading((real) => {
      const sign = failing(real, CKR.DEVICE_ERROR, (call) => call > 1);
      calls = sign.calls;
      return { sign };
    });
    const signer = await signerOf(P256, 'P-256', { ...broken, clock });
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
    await hsm.addToken('Replaced');
    const { certificatePem, keyPem } = identityOf('P-256');
    await hsm.importKey(keyPem, 'Replaced', 'seal', '01');
    await hsm.importKey(other.keyPem, 'Replaced', 'other', '02');
    let searches = 0;
    const replaced = loading((real) => ({
      findObjects: (session, template, limit) => {
        searches += 1;
        const label = Buffer.from(searches <= 2 ? 'seal' : 'other');
        return real.findObjects(session, [...template, { type: 0x3, value: label }], limit);
      },
      sign: failing(real, CKR.DEVICE_REMOVED, (call) => call === 2),
    }));
    const key = {
      ...replaced.key,
      ...parsePkcs11Uri(hsm.uri('token=Replaced')),
      modulePath: replaced.key.modulePath,
    };
    const signer = await signerOf(P256, 'P-256', { ...replaced, key, certificatePem });
    await expect(signer.sign(DATA)).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNAVAILABLE',
      cause: { code: 'SIGNING_KEY_UNUSABLE' },
    });
  });

  it('that never answers keeps nobody longer than the deadline, and the next caller not at all', async () => {
    const hanging = Promise.withResolvers<Buffer>();
    let calls = 0;
    const stuck = loading((real) => ({
      sign: (...args) => {
        calls += 1;
        return calls === 2 ? hanging.promise : real.sign(...args);
      },
    }));
    const clock = new TestClock(TEST_NOW);
    const signer = await signerOf(P256, 'P-256', { ...stuck, clock, deadlineMs: 200 });
    await expect(signer.sign(DATA)).rejects.toMatchObject({ message: containing('200 ms') });
    clock.advance(1_000);
    await expect(signer.sign(DATA)).rejects.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
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
