/** What signatures cost: verifying and signing a 5 KB event, validating a form, spreading the work over workers. */
import { createHash, hash, sign, verify } from 'node:crypto';
import { MAX_BYTES, serializeEvent } from '#contracts';
import { signXml, verifyEvent, verifySigned } from '#evidence';
import { overFloor, rate, readOnce, timeTogether, type Figure, type Options } from '../measure.ts';
import { filing } from './event.ts';
import { benchEventLoop } from './event-loop.ts';
import { benchForm } from './form.ts';
import { benchPool } from './pool.ts';
import { createIdentity, type Identity } from './identity.ts';
import { signWithXmlCrypto, verifyLeanWithXmlCrypto, verifyWithXmlCrypto } from './xml-crypto.ts';

const AUTHOR = 'c_d150';
const AT = new Date('2026-03-04T05:06:07.890Z');

export async function benchEvidence(options: Options): Promise<readonly Figure[]> {
  const identity = await createIdentity(AUTHOR, AT);
  return [
    ...(await benchVerify(identity, options)),
    ...(await benchSign(identity, options)),
    ...(await benchForm(options)),
    ...(await benchPool(AUTHOR, AT, identity, options)),
    ...(await benchEventLoop(AUTHOR, AT, identity, options)),
  ];
}

async function benchVerify(identity: Identity, options: Options): Promise<readonly Figure[]> {
  const { signer, trust } = identity;
  const event = await signXml(serializeEvent(filing(AUTHOR, AT)), signer, AT);
  const { publicKey } = signer.certificate;
  const material = createHash('sha256').update(event).digest();
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const value = sign('sha256', material, { key: identity.key, dsaEncoding: 'ieee-p1363' });
  if (!verifyWithXmlCrypto(event) || !verifyLeanWithXmlCrypto(event, publicKey))
    throw new Error('the baseline refuses the event');
  const timings = await timeTogether(
    {
      strict: () => verifySigned(event, trust, AT, { maxBytes: MAX_BYTES.event }),
      event: () => verifyEvent(event, trust, AT),
      xmlCrypto: () => verifyWithXmlCrypto(event),
      lean: () => verifyLeanWithXmlCrypto(event, publicKey),
      floor: () => {
        hash('sha256', event, 'hex');
        return verify('sha256', material, key, value);
      },
    },
    options,
  );
  return [
    readOnce('evidence.event.size', event.length, 'bytes'),
    rate('evidence.verify', timings.strict, timings.xmlCrypto),
    rate('evidence.verify.lean-baseline', timings.strict, timings.lean),
    overFloor('evidence.verify.over-floor', timings.strict, timings.floor),
    rate('evidence.verify-event', timings.event, timings.xmlCrypto),
    overFloor('evidence.verify-event.over-floor', timings.event, timings.floor),
  ];
}

async function benchSign(identity: Identity, options: Options): Promise<readonly Figure[]> {
  const { signer, key, certificatePem } = identity;
  const unsigned = serializeEvent(filing(AUTHOR, AT));
  const baseline = { key, certificatePem, certificateDigest: signer.certificate.encoded.digest };
  if (!verifyWithXmlCrypto(Buffer.from(signWithXmlCrypto(unsigned, AT, baseline)))) {
    throw new Error('what the baseline signs does not verify');
  }
  const material = createHash('sha256').update(unsigned).digest();
  const timings = await timeTogether(
    {
      template: () => signXml(unsigned, signer, AT),
      xmlCrypto: () => signWithXmlCrypto(unsigned, AT, baseline),
      floor: () => {
        hash('sha256', unsigned, 'hex');
        return sign('sha256', material, { key, dsaEncoding: 'ieee-p1363' });
      },
    },
    options,
  );
  return [
    rate('evidence.sign', timings.template, timings.xmlCrypto),
    overFloor('evidence.sign.over-floor', timings.template, timings.floor),
  ];
}
