/** Attacks by size and by number: too large to store, made on the fly by recipes. All but a few are as large as an event may be. */
import { MAX_BYTES } from '#contracts';
import type { ErrorCode } from '#errors';
import { attack, type Made, type Part } from './case.ts';

/** Case that the recipes change. */
export const BASE = 'valid/act-p-256';
/** What is left of an event's size beside the base, rounded down, bytes. */
const ROOM = MAX_BYTES.event - 8_192;

export function largeAttacks(): readonly Made[] {
  return [...sizes(), ...markup(), ...texts(), ...signatureParts()];
}

/** The base with `parts` at the beginning of Facts. */
function inFacts(name: string, code: ErrorCode, about: string, ...parts: readonly Part[]): Made {
  return attack(`large/${name}`, code, about, {
    base: BASE,
    find: '<Facts>',
    parts: [{ text: '<Facts>' }, ...parts],
  });
}

/** The base with `parts` as attributes of Facts. */
function asAttributes(name: string, code: ErrorCode, about: string, ...parts: readonly Part[]): Made {
  return attack(`large/${name}`, code, about, {
    base: BASE,
    find: '<Facts>',
    parts: [{ text: '<Facts' }, ...parts, { text: '>' }],
  });
}

/** As often as an event has room for, and not more often than `most`. */
function filling(text: string, most = Infinity): Part {
  return { text, times: Math.min(most, Math.floor(ROOM / Buffer.byteLength(text))) };
}

function sizes(): readonly Made[] {
  return [
    attack('large/white-space-100-mb', 'SIGNED_DOCUMENT_TOO_LARGE', '100 MB of white space.', {
      parts: [{ text: ' ', times: 100_000_000 }],
    }),
    inFacts(
      'white-space-100-mb-in-event',
      'SIGNED_DOCUMENT_TOO_LARGE',
      '100 MB of white space in an event.',
      {
        text: ' ',
        times: 100_000_000,
      },
    ),
    inFacts('one-byte-too-large', 'SIGNED_DOCUMENT_TOO_LARGE', 'A text larger than an event may be.', {
      text: 'a',
      times: MAX_BYTES.event,
    }),
    attack('large/white-space', 'SIGNED_DOCUMENT_MALFORMED', 'White space, as much as an event may have.', {
      parts: [{ text: ' ', times: MAX_BYTES.event }],
    }),
    inFacts('white-space-in-event', 'REFERENCE_DIGEST_MISMATCH', 'White space in an event.', filling('\n')),
  ];
}

function markup(): readonly Made[] {
  const deep = (depth: number): readonly Part[] => [
    { text: '<a>', times: depth },
    { text: '</a>', times: depth },
  ];
  return [
    inFacts('nesting-1000', 'NESTING_TOO_DEEP', 'Elements nested 1,000 deep.', ...deep(1_000)),
    inFacts('nesting-70000', 'MARKUP_EXCESSIVE', 'Elements nested 70,000 deep.', ...deep(70_000)),
    inFacts('nesting-unclosed', 'MARKUP_EXCESSIVE', 'Start tags only.', filling('<a>')),
    inFacts('nesting-unclosed-32000', 'NESTING_TOO_DEEP', 'Start tags only, 32,000.', {
      text: '<a>',
      times: 32_000,
    }),
    inFacts('elements', 'MARKUP_EXCESSIVE', 'Empty elements.', filling('<a></a>')),
    inFacts('elements-32000', 'REFERENCE_DIGEST_MISMATCH', '32,000 empty elements.', {
      text: '<a></a>',
      times: 32_000,
    }),
    inFacts('elements-with-text-32000', 'REFERENCE_DIGEST_MISMATCH', '32,000 elements with text between.', {
      text: '<a>b</a>c',
      times: 32_000,
    }),
    inFacts('less-than', 'MARKUP_EXCESSIVE', 'Characters < only.', filling('<')),
    inFacts('instructions', 'PROCESSING_INSTRUCTION_FORBIDDEN', 'Processing instructions.', filling('<?a?>')),
    inFacts(
      'comment',
      'COMMENT_FORBIDDEN',
      'A comment as large as the event.',
      { text: '<!--' },
      filling('-a'),
      { text: '-->' },
    ),
    inFacts(
      'prefixes',
      'MARKUP_EXCESSIVE',
      'Elements that each declare a prefix.',
      filling('<x:a xmlns:x="urn:x"></x:a>'),
    ),
    inFacts(
      'undeclared-prefixes',
      'SIGNED_DOCUMENT_MALFORMED',
      'Elements with an undeclared prefix.',
      filling('<x:a></x:a>', 32_000),
    ),
    asAttributes(
      'attribute',
      'REFERENCE_DIGEST_MISMATCH',
      'One attribute as large as the event.',
      { text: ' x="' },
      filling('y'),
      { text: '"' },
    ),
    asAttributes(
      'attribute-of-escapes',
      'REFERENCE_DIGEST_MISMATCH',
      'One attribute of escaped characters.',
      { text: ' x="' },
      filling('&quot;'),
      { text: '"' },
    ),
    asAttributes(
      'attribute-name',
      'SIGNED_DOCUMENT_MALFORMED',
      'An attribute with a name as long as the event.',
      { text: ' ' },
      filling('y'),
      { text: '=""' },
    ),
    asAttributes(
      'same-attributes',
      'MARKUP_EXCESSIVE',
      'The same attribute over and over.',
      filling(' x=""'),
    ),
    asAttributes(
      'attributes',
      'MARKUP_EXCESSIVE',
      '55,000 attributes in order, which canonicalization sorts in quadratic time.',
      ...ascending(55_000),
    ),
    asAttributes(
      'attributes-65',
      'MARKUP_EXCESSIVE',
      'One attribute more than an element may have.',
      ...ascending(65),
    ),
    inFacts(
      'attributes-64-each',
      'REFERENCE_DIGEST_MISMATCH',
      'Elements with as many attributes as they may have.',
      filling(elementWithAttributes(64)),
    ),
    asAttributes(
      'namespaces',
      'MARKUP_EXCESSIVE',
      'One element that declares many prefixes.',
      ...ascending(20_000, 'xmlns:'),
    ),
    inFacts(
      'xml-ids',
      'SIGNED_DOCUMENT_MALFORMED',
      'Elements with the same xml:id.',
      filling('<a xml:id="x"></a>', 32_000),
    ),
    inFacts(
      'ids',
      'REFERENCE_DIGEST_MISMATCH',
      'Elements with the same Id.',
      filling('<a Id="x"></a>', 32_000),
    ),
    attack('large/signatures', 'MARKUP_EXCESSIVE', 'Empty signatures.', {
      base: BASE,
      find: '<Facts>',
      parts: [
        { text: '<Facts>' },
        filling('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:Signature>'),
      ],
    }),
  ];
}

/** Attributes whose names ascend, as canonical form wants them. */
function ascending(count: number, prefix = ''): readonly Part[] {
  return [{ text: attributes(count, prefix) }];
}

function attributes(count: number, prefix = ''): string {
  const value = prefix === '' ? '' : 'urn:x';
  return Array.from(
    { length: count },
    (_, i) => ` ${prefix}a${i.toString(36).padStart(4, '0')}="${value}"`,
  ).join('');
}

function elementWithAttributes(count: number): string {
  return `<a${attributes(count)}></a>`;
}

function texts(): readonly Made[] {
  const laughs = (parts: readonly Part[], ...use: readonly Part[]): Made['bytes'] => ({
    parts: [{ text: '<!DOCTYPE a [<!ENTITY x "' }, ...parts, { text: '">]><a>' }, ...use, { text: '</a>' }],
  });
  return [
    inFacts('text', 'REFERENCE_DIGEST_MISMATCH', 'A text as large as the event.', filling('è')),
    inFacts('escapes', 'REFERENCE_DIGEST_MISMATCH', 'A text of escaped characters.', filling('&amp;')),
    inFacts('entities', 'SIGNED_DOCUMENT_MALFORMED', 'A text of undeclared entities.', filling('&x;')),
    attack(
      'large/quadratic-entities',
      'DTD_FORBIDDEN',
      'A large entity, used many times.',
      laughs([{ text: 'y', times: 200_000 }], filling('&x;', 60_000)),
    ),
    inFacts(
      'quotes',
      'REFERENCE_DIGEST_MISMATCH',
      'A text of quotation marks and apostrophes.',
      filling(`"'`),
    ),
    {
      ...inFacts(
        'character-references',
        'NOT_CANONICAL',
        'A text of character references.',
        filling('&#65;'),
      ),
      general: false,
    },
  ];
}

function signatureParts(): readonly Made[] {
  const grown = (name: string, code: ErrorCode, about: string, find: string, text: string): Made =>
    attack(`large/${name}`, code, about, { base: BASE, find, parts: [{ text: find }, filling(text)] });
  return [
    grown(
      'certificate',
      'CERTIFICATE_MALFORMED',
      'A certificate as large as the event.',
      '<ds:X509Certificate>',
      'AAAA',
    ),
    grown(
      'signature-value',
      'SIGNATURE_ENCODING',
      'A signature value as large as the event.',
      '<ds:SignatureValue>',
      'AAAA',
    ),
    grown('media-type', 'SIGNATURE_SHAPE', 'A media type as large as the event.', '<xades:MimeType>', 'a'),
    grown(
      'signing-time',
      'SIGNING_TIME_INVALID',
      'A SigningTime as large as the event.',
      '<xades:SigningTime>',
      '2',
    ),
    grown(
      'algorithm',
      'SIGNATURE_ALGORITHM_FORBIDDEN',
      'The name of an algorithm as large as the event.',
      '<ds:SignatureMethod Algorithm="',
      'a',
    ),
    grown(
      'reference-digest',
      'REFERENCE_DIGEST_MISMATCH',
      'A digest as large as the event.',
      '<ds:DigestValue>',
      'AAAA',
    ),
    grown(
      'references',
      'SIGNATURE_SHAPE',
      'References, as many as fit.',
      '</ds:Reference>',
      '<ds:Reference URI=""></ds:Reference>',
    ),
    grown(
      'transforms',
      'SIGNATURE_SHAPE',
      '32,000 transforms.',
      '<ds:Transforms>',
      '<ds:Transform></ds:Transform>',
    ),
  ];
}
