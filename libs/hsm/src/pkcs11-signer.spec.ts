import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { generalEngine, signEvent, strictEngine, verifyEvent } from '#evidence';
import { aNetwork, anEvent, TEST_NOW } from '#testing';
import { coded, containing, DATA, KINDS, P256, TokenFixture } from './token.fixture.ts';
import { tokenIdentity } from './token-identity.fixture.ts';
import { CKF, CKR, CryptokiError } from './cryptoki.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';

const MAX_BYTES = 1_000_000;
const tokens = TokenFixture.forThisFile();
const { event } = await anEvent(await aNetwork().founded()).signed();

describe('a key in a token', () => {
  it.each(KINDS)('of %s signs an event that both engines verify, and the network accepts', async (kind) => {
    const signer = await tokens.signerOf(`token=Comune;object=${encodeURIComponent(kind)}`, kind);
    const bytes = await signEvent(event, signer, TEST_NOW);
    expect(strictEngine.check(bytes, MAX_BYTES).certificate.fingerprint).toBe(signer.certificate.fingerprint);
    expect(generalEngine.check(bytes, MAX_BYTES).certificate.fingerprint).toBe(
      signer.certificate.fingerprint,
    );
    expect(verifyEvent(bytes, tokens.identityOf(kind).trust, TEST_NOW).event.id).toBe(event.id);
  });

  it('is found by its id, and signs for many callers at once', async () => {
    const signer = await tokens.signerOf('id=%00');
    const { algorithm, publicKey } = signer.certificate;
    const documents = Array.from({ length: 50 }, (_, index) => Buffer.from(`document ${index}`));
    const values = await Promise.all(documents.map((data) => signer.sign(data)));
    for (const [index, value] of values.entries()) {
      const data = documents[index] ?? DATA;
      expect(algorithm?.verify(data, algorithm.normalize(value, publicKey), publicKey)).toBe(true);
    }
  });

  it('gives the event loop its turns while the token works', async () => {
    const signer = await tokens.signerOf('token=Comune;object=RSA%202048', 'RSA 2048');
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
    const signer = await tokens.signerOf(P256);
    for (let round = 0; round < 2; round += 1) {
      const signing = signer.sign(DATA);
      collect();
      await new Promise(setImmediate);
      collect();
      await expect(signing).resolves.toHaveLength(64);
    }
  });

  it('shares its module with another key: one call at a time, initialized once, ended with the last of them', async () => {
    const seen = { initialize: 0, finalize: 0, sign: 0, atOnce: 0, most: 0 };
    const counted = tokens.loading((real) => ({
      initialize: () => {
        seen.initialize += 1;
        return real.initialize();
      },
      finalize: () => {
        seen.finalize += 1;
        return real.finalize();
      },
      sign: async (...args) => {
        seen.sign += 1;
        seen.atOnce += 1;
        seen.most = Math.max(seen.most, seen.atOnce);
        try {
          // The third: the first key's session is lost, and with the module's new start the second key's too.
          if (seen.sign === 3) throw new CryptokiError('C_Sign', CKR.DEVICE_REMOVED);
          return await real.sign(...args);
        } finally {
          seen.atOnce -= 1;
        }
      },
    }));
    const second = { ...counted, key: { ...counted.key, object: 'P-384' } };
    const signers = [
      await tokens.signerOf(P256, 'P-256', counted),
      await tokens.signerOf(P256, 'P-384', second),
    ] as const;
    await Promise.all([1, 2, 3].flatMap(() => signers.map((signer) => signer.sign(DATA))));
    expect(seen).toMatchObject({ initialize: 2, finalize: 1, most: 1 });
    await signers[1].close();
    await expect(signers[0].sign(DATA)).resolves.toHaveLength(64);
    await expect(signers[1].sign(DATA)).rejects.toEqual(coded('SIGNING_KEY_UNAVAILABLE'));
    expect(seen).toMatchObject({ initialize: 2, finalize: 1 });
    await signers[0].close();
    expect(seen.finalize).toBe(2);
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
    await expect(tokens.signerOf(path)).rejects.toMatchObject({ code, message: containing(detail) });
  });

  it('says that a key of the right kind is not the certificate’s', async () => {
    const other = await tokenIdentity('c_d150', 'P-256');
    await expect(
      tokens.signerOf(P256, 'P-256', { certificatePem: other.certificatePem }),
    ).rejects.toMatchObject({
      code: 'SIGNING_KEY_UNUSABLE',
      message: containing('not the certificate’s'),
    });
  });

  it('says HSM_TOKEN_AMBIGUOUS when two tokens have the name', async () => {
    await tokens.hsm.addToken('Twin');
    await tokens.hsm.addToken('Twin');
    await expect(tokens.signerOf('token=Twin')).rejects.toEqual(coded('HSM_TOKEN_AMBIGUOUS'));
  });

  it('tries a wrong PIN once, however often it is started with it, and the right one afterwards', async () => {
    await tokens.hsm.setPin('0000');
    let logins = 0;
    const counted = tokens.loading((real) => ({
      login: (...args) => {
        logins += 1;
        return real.login(...args);
      },
    }));
    await expect(tokens.signerOf(P256, 'P-256', counted)).rejects.toEqual(coded('HSM_PIN_REFUSED'));
    await expect(tokens.signerOf(P256, 'P-256', counted)).rejects.toEqual(coded('HSM_PIN_REFUSED'));
    expect(logins).toBe(1);
    await tokens.hsm.setPin();
    await expect((await tokens.signerOf(P256, 'P-256', counted)).sign(DATA)).resolves.toHaveLength(64);
  });

  it.each([
    ['without pin-source', (uri: string) => uri.replace(/&pin-source=.*/, '')],
    ['with a file that is not there', (uri: string) => `${uri}.none`],
  ])('says HSM_PIN_REFUSED %s', async (_, change) => {
    const key = parsePkcs11Uri(change(tokens.hsm.uri(P256)));
    await expect(tokens.signerOf(P256, 'P-256', { key })).rejects.toEqual(coded('HSM_PIN_REFUSED'));
  });

  it('does not use up the last attempt that a token has left', async () => {
    let logins = 0;
    const lastTry = tokens.loading((real) => ({
      tokenInfo: async (slot) => {
        const info = await real.tokenInfo(slot);
        return { ...info, flags: info.flags | CKF.USER_PIN_FINAL_TRY };
      },
      login: () => {
        logins += 1;
        return Promise.resolve();
      },
    }));
    await expect(tokens.signerOf(P256, 'P-256', lastTry)).rejects.toEqual(coded('HSM_PIN_LOCKED'));
    expect(logins).toBe(0);
  });

  it.each(['/nonexistent/module.so', import.meta.filename])(
    'says that %s is no module',
    async (modulePath) => {
      const key = { ...parsePkcs11Uri(tokens.hsm.uri(P256)), modulePath };
      await expect(tokens.signerOf(P256, 'P-256', { key })).rejects.toEqual(coded('PKCS11_MODULE_UNUSABLE'));
    },
  );
});
