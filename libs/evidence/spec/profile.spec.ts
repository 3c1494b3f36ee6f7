import { diag, XmlC14NMode, XmlDocument, type XmlNode } from 'libxml2-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, TestAuthority } from '../test-support.ts';
import { HubError } from '#errors';
import { signEvent } from '../src/index.ts';
import { checkIntegrity } from '../src/integrity.ts';
import {
  DSIG_NAMESPACE,
  SIGNATURE,
  SIGNED_INFO,
  SIGNED_PROPERTIES,
  XADES_NAMESPACE,
} from '../src/profile.ts';
import { Template } from '../src/template.ts';

const EXCLUSIVE = { mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 } as const;
const NAMESPACES = { ds: DSIG_NAMESPACE, xades: XADES_NAMESPACE };

let event: Buffer;

beforeAll(async () => {
  const comune = await (await TestAuthority.create()).issue('c_d150');
  event = await signEvent(anEvent(), comune.signer, NOW);
});

describe('the profile’s templates', () => {
  it('give the bytes that canonicalization gives: the whole, SignedInfo alone, SignedProperties alone', () => {
    const document = XmlDocument.fromBuffer(event);
    try {
      const part = (path: string): XmlNode => document.get(path, NAMESPACES)!;
      const text = /<ds:Signature .*<\/ds:Signature>/s.exec(event.toString())![0];
      const values = SIGNATURE.match(text)!;
      expect(document.canonicalizeToString(EXCLUSIVE)).toBe(event.toString());
      expect(part('//ds:Signature').canonicalizeToString(EXCLUSIVE)).toBe(text);
      expect(part('//ds:SignedInfo').canonicalizeToString(EXCLUSIVE)).toBe(SIGNED_INFO.fill(values));
      expect(part('//xades:SignedProperties').canonicalizeToString(EXCLUSIVE)).toBe(
        SIGNED_PROPERTIES.fill(values),
      );
    } finally {
      document.dispose();
    }
  });

  it('match exactly what they fill', () => {
    const template = new Template<'a' | 'b'>('<x>{a}</x><y>{b}</y>');
    const text = template.fill({ a: '1', b: '' });
    expect(template.match(text)).toEqual({ a: '1', b: '' });
    for (const other of [
      '',
      `${text} `,
      ` ${text}`,
      '<x>1</x><y></y',
      '<x><z></z></x><y></y>',
      '<x>"</x><y></y>',
    ]) {
      expect(template.match(other)).toBeUndefined();
    }
  });
});

describe('memory outside the garbage collector', () => {
  it('is given back after every verification, whether it ends well or not', () => {
    const attempt = (bytes: Buffer): string => {
      try {
        return checkIntegrity(bytes, 100_000).digest;
      } catch (error) {
        return error instanceof HubError ? error.code : String(error);
      }
    };
    diag.configure({ enabled: true });
    try {
      const results = [event, Buffer.from('<a></a>'), Buffer.from('<a/>'), Buffer.from('<a><b></a>')].map(
        attempt,
      );
      expect(results.slice(1)).toEqual(['SIGNATURE_MISSING', 'NOT_CANONICAL', 'SIGNED_DOCUMENT_MALFORMED']);
      expect(diag.report()).toEqual({});
    } finally {
      diag.configure({ enabled: false });
    }
  });
});
