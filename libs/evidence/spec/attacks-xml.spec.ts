import { beforeAll, describe, expect, it } from 'vitest';
import { anEvent, NOW, refusal, replaced, TestAuthority } from '../test-support.ts';
import { signEvent, verifyEvent, type TrustView } from '../src/index.ts';

/** Bound on the processor time of a refusal, milliseconds (own time, so that a busy machine does not matter). */
const REFUSAL_MS = 100;

let trust: TrustView;
let event: Buffer;

beforeAll(async () => {
  const authority = await TestAuthority.create();
  const comune = await authority.issue('c_d150');
  trust = authority.trust;
  event = await signEvent(anEvent(), comune.signer, NOW);
  verifyEvent(event, trust, NOW);
});

function expectRefused(bytes: Buffer, code: string): void {
  // The best of three: a collection of garbage that happens to fall into one of them is not ours.
  const answers = [1, 2, 3].map(() => refusal(bytes, trust));
  expect(answers.map((answer) => answer.code)).toEqual([code, code, code]);
  expect(Math.min(...answers.map(({ cpuMs }) => cpuMs))).toBeLessThan(REFUSAL_MS);
}

const change = (from: string | RegExp, to: string) => (): Buffer => replaced(event, from, to);

describe('attacks on the XML', () => {
  const entities =
    '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">';
  const text = (): string => event.toString();

  it.each<[string, string, () => Buffer]>([
    [
      'a processing instruction in place of text',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      change('<Facts>', '<Facts><?x text?>'),
    ],
    [
      'an XML declaration',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      () => Buffer.from(`<?xml version="1.0"?>${text()}`),
    ],
    ['a comment', 'COMMENT_FORBIDDEN', change('<Facts>', '<Facts><!-- x -->')],
    [
      'a comment inside the signature value',
      'COMMENT_FORBIDDEN',
      change('</ds:SignatureValue>', '<!-- --></ds:SignatureValue>'),
    ],
    ['a CDATA section', 'CDATA_FORBIDDEN', change('<Facts>', '<Facts><![CDATA[]]>')],
    ['a local DTD', 'DTD_FORBIDDEN', () => Buffer.from(`<!DOCTYPE Event []>${text()}`)],
    [
      'a remote DTD',
      'DTD_FORBIDDEN',
      () => Buffer.from(`<!DOCTYPE Event SYSTEM "http://localhost:1/x.dtd">${text()}`),
    ],
    [
      'an external entity',
      'DTD_FORBIDDEN',
      () =>
        Buffer.from(
          `<!DOCTYPE Event [<!ENTITY x SYSTEM "file:///etc/passwd">]>${text().replace('<Facts>', '<Facts>&x;')}`,
        ),
    ],
    [
      'a billion laughs',
      'DTD_FORBIDDEN',
      () => Buffer.from(`<!DOCTYPE Event [${entities}]>${text().replace('<Facts>', '<Facts>&c;')}`),
    ],
    ['an undeclared entity', 'SIGNED_DOCUMENT_MALFORMED', change('<Facts>', '<Facts>&x;')],
    ['a character reference', 'NOT_CANONICAL', change('UF-SUAP', '&#85;F-SUAP')],
    ['an undeclared prefix', 'SIGNED_DOCUMENT_MALFORMED', change('<Facts>', '<Facts><x:y></x:y>')],
    ['a relative namespace', 'NOT_CANONICAL', change('<Facts>', '<Facts><x:y xmlns:x="y"></x:y>')],
    ['a namespace declared early', 'NOT_CANONICAL', change('<Facts>', '<Facts xmlns:x="urn:x">')],
    [
      'the prefix ds rebound',
      'SIGNATURE_SHAPE',
      change('<ds:SignatureValue>', '<ds:SignatureValue xmlns:ds="urn:x">'),
    ],
    ['an empty-element tag', 'NOT_CANONICAL', change('></Territory>', '/>')],
    [
      'attributes in another order',
      'NOT_CANONICAL',
      change('ipa="c_d150" office="UF-SUAP"', 'office="UF-SUAP" ipa="c_d150"'),
    ],
    ['an apostrophe for a quotation mark', 'NOT_CANONICAL', change('"019036"', "'019036'")],
    ['a line break at the end', 'NOT_CANONICAL', () => Buffer.from(`${text()}\n`)],
    ['a carriage return', 'NOT_CANONICAL', change('<Facts>', '<Facts>\r\n')],
    [
      'invalid UTF-8',
      'ENCODING_NOT_UTF8',
      () => Buffer.concat([event.subarray(0, 300), Buffer.from([0xff]), event.subarray(300)]),
    ],
    [
      'an overlong UTF-8 sequence',
      'ENCODING_NOT_UTF8',
      () => Buffer.concat([event.subarray(0, 300), Buffer.from([0xc0, 0xbc]), event.subarray(300)]),
    ],
    ['UTF-16', 'ENCODING_NOT_UTF8', () => Buffer.from(text(), 'utf16le')],
    ['UTF-16 with its mark', 'ENCODING_NOT_UTF8', () => Buffer.from(`\ufeff${text()}`, 'utf16le')],
    ['a byte order mark', 'ENCODING_NOT_UTF8', () => Buffer.from(`\ufeff${text()}`)],
    ['NUL', 'ENCODING_NOT_UTF8', change('<Facts>', '<Facts>\0')],
    ['a truncated file', 'SIGNED_DOCUMENT_MALFORMED', () => event.subarray(0, 700)],
    ['nothing', 'SIGNED_DOCUMENT_MALFORMED', () => Buffer.alloc(0)],
    ['something else', 'SIGNED_DOCUMENT_MALFORMED', () => Buffer.from('{"json":true}')],
    ['two roots', 'SIGNED_DOCUMENT_MALFORMED', () => Buffer.concat([event, event])],
    ['deep nesting', 'NESTING_TOO_DEEP', change('<Facts>', `<Facts>${'<a>'.repeat(50_000)}`)],
    [
      'a huge attribute',
      'REFERENCE_DIGEST_MISMATCH',
      change('<Facts>', `<Facts x="${'y'.repeat(500_000)}">`),
    ],
    ['many attributes', 'MARKUP_EXCESSIVE', change('<Facts>', `<Facts ${'x="y" '.repeat(80_000)}>`)],
    [
      'a document larger than allowed',
      'SIGNED_DOCUMENT_TOO_LARGE',
      change('<Facts>', `<Facts>${'a'.repeat(524_288)}`),
    ],
  ])('refuses %s', (_, code, attack) => {
    expectRefused(attack(), code);
  });

  it('refuses 100 MB of white space by its length alone', () => {
    expectRefused(Buffer.alloc(100_000_000, ' '), 'SIGNED_DOCUMENT_TOO_LARGE');
  });
});
