import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, replaced, TestAuthority, type Identity } from '../test-support.ts';
import { signEvent, verifyEvent, verifyGeneral } from '../src/index.ts';
import { P256, P384, toLowS } from '../src/low-s.ts';

const XMLSEC1 = process.env['XMLSEC1'] ?? 'xmlsec1';
const installed = spawnSync(XMLSEC1, ['--version']).status === 0;
/** libxml2 knows of no ids without a DTD: the second reference needs this one. */
const IDS = ['--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'];

describe.skipIf(!installed)('with xmlsec1 (skipped where it is not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xmlsec1-'));
  let authority: TestAuthority;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    write('ca.pem', authority.caPem);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function write(name: string, content: string | Buffer): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  function verifies(bytes: Buffer): boolean {
    const moment = NOW.toISOString().slice(0, 19).replace('T', ' ');
    const trust = ['--trusted-pem', join(folder, 'ca.pem'), '--verification-gmt-time', moment];
    return spawnSync(XMLSEC1, ['--verify', ...IDS, ...trust, write('event.xml', bytes)]).status === 0;
  }

  /** Lets xmlsec1 make the digests, the value and KeyInfo of a document whose signature has them empty. */
  function sign(template: Buffer, { keyPem, certificatePem }: Identity): Buffer {
    const key = `${write('key.pem', keyPem)},${write('cert.pem', certificatePem)}`;
    const output = join(folder, 'signed.xml');
    const asked = ['--sign', ...IDS, '--privkey-pem', key, '--output', output];
    const { status, stderr } = spawnSync(XMLSEC1, [...asked, write('template.xml', template)]);
    if (status !== 0) throw new Error(`xmlsec1 did not sign: ${stderr.toString()}`);
    return readFileSync(output);
  }

  describe.each(['P-256', 'P-384', 'RSA 2048'] as const)('and a key of %s', (key) => {
    let comune: Identity;
    let event: Buffer;

    beforeAll(async () => {
      comune = await authority.issue('c_d150', { key });
      event = await signEvent(anEvent(), comune.signer, NOW);
    });

    it('has what we sign verified there, certificate chain included', () => {
      expect(verifies(event)).toBe(true);
    });

    it.each<[string, string | RegExp, string]>([
      ['content', 'UF-SUAP', 'UF-XXXX'],
      ['SigningTime', '07.890Z</xades:S', '07.891Z</xades:S'],
      ['value', /(?<=<ds:SignatureValue>)./, '-'],
    ])('has what we sign refused there with another %s', (_, from, to) => {
      expect(verifies(replaced(event, from, to))).toBe(false);
    });

    it('verifies what is signed there: as it is with the general engine, in the profile’s spelling as an event', () => {
      const signed = sign(emptied(event), comune);
      expect(verifyGeneral(signed, 100_000)).toMatchObject({ format: 'xades', signingTime: NOW });
      const verified = verifyEvent(asProfile(signed), authority.trust, NOW);
      expect(verified.event).toEqual(anEvent());
      expect(verified.bytes.equals(event)).toBe(key === 'RSA 2048');
    });

    it('refuses what is signed there and then altered', () => {
      const signed = asProfile(sign(emptied(event), comune));
      expect(() => verifyEvent(replaced(signed, 'UF-SUAP', 'UF-XXXX'), authority.trust, NOW)).toThrow(
        expect.objectContaining({ code: 'REFERENCE_DIGEST_MISMATCH' }),
      );
    });
  });
});

/** A signed document as a template: digests of the references, value and certificate are left empty. */
function emptied(signed: Buffer): Buffer {
  const references = replaced(signed, /(?<=<ds:DigestValue>)[^<]*(?=.*URI="#signature-properties")/s, '');
  const digests = replaced(references, /(?<=URI="#signature-properties">.*?<ds:DigestValue>)[^<]*/s, '');
  const value = replaced(digests, /(?<=<ds:SignatureValue>)[^<]*/, '');
  return replaced(value, /(?<=<ds:X509Certificate>)[^<]*/, '');
}

/** What the profile asks of any other signer: canonical form, unbroken base64, low s. None of it touches SignedInfo. */
function asProfile(signed: Buffer): Buffer {
  const document = XmlDocument.fromBuffer(signed);
  try {
    const canonical = document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 });
    const unbroken = canonical.replace(/(?<=<ds:(?:SignatureValue|X509Certificate)>)[^<]*/g, (text) =>
      text.replace(/\s/g, ''),
    );
    return Buffer.from(unbroken.replace(/(?<=<ds:SignatureValue>)[^<]*/, inOneForm));
  } finally {
    document.dispose();
  }
}

function inOneForm(text: string): string {
  const value = Buffer.from(text, 'base64');
  const order = [P256, P384].find(({ bytes }) => value.length === 2 * bytes);
  return order === undefined ? text : toLowS(value, order).toString('base64');
}
