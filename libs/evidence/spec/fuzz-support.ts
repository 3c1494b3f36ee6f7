/** Documents and what can be done to them, for the specs that compare the engines. */
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import fc, { type Arbitrary } from 'fast-check';
import { isLowS, P256, P384 } from '../src/low-s.ts';
import { SIGNATURE } from '../src/profile.ts';

const name = fc.constantFrom('a', 'b', 'Facts', 'SignedInfo', 'KeyInfo', 'x.y', 'è');
const prefix = fc.constantFrom('', '', 'p', 'q', 'ds', 'xades');
const uri = fc.constantFrom('urn:x', 'urn:y', 'urn:reset-hub:event:1', 'http://example.org/?a=b');
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'Z', '0', ' ', '=', '"', "'", '/', '&lt;', '&amp;', '&gt;') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\n', '\t', '&#13;', '\u0085', '\u2028', '\u00a0', '\ufeff', 'è', '𝄞'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('http://www.w3.org/2000/09/xmldsig#', '="signature"', ']]&gt;', '&#xfffd;'),
  },
);
const text = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''));
const attribute = fc.record({
  name: fc.constantFrom('x', 'y', 'Id', 'id', 'ID', 'value'),
  value: text.map((value) => value.replaceAll('"', '&quot;')),
});

interface Tree {
  readonly element: Arbitrary<string>;
}

const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      prefix,
      name,
      uri,
      fc.uniqueArray(attribute, { maxLength: 3, selector: (found) => found.name }),
      fc.array(fc.oneof({ maxDepth: 4 }, text, tie('element')), { maxLength: 4 }),
    )
    .map(([p, local, ns, attributes, children]) => {
      const qualified = p === '' ? local : `${p}:${local}`;
      const declared = ` xmlns${p === '' ? '' : `:${p}`}="${ns}"`;
      const written = attributes.map(({ name: key, value }) => ` ${key}="${value}"`).join('');
      return `<${qualified}${declared}${written}>${children.join('')}</${qualified}>`;
    }),
})) satisfies Tree;

/** Any document in exclusive canonical form, unsigned. */
export const documents: Arbitrary<Buffer> = element.map((source) => {
  const parsed = XmlDocument.fromString(source);
  try {
    return Buffer.from(parsed.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 }));
  } finally {
    parsed.dispose();
  }
});

/** Things that attackers, and libraries that disagree, put into documents. */
const FRAGMENTS = [
  '<!-- -->',
  '<?x y?>',
  '<![CDATA[a]]>',
  '<!DOCTYPE a>',
  '&#65;',
  '&amp;',
  '&lt;',
  '\r\n',
  '\r',
  '\n',
  ' ',
  '\u2028',
  '\u0085',
  '\0',
  '<a></a>',
  '<a/>',
  ' xmlns:z="urn:z"',
  ' Id="signature"',
  '</ds:Object><ds:Object>',
  '=',
];

type Change = (text: string) => string;

const at = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const place = (source: string, where: number): number => Math.floor(where * source.length);

const insertion: Arbitrary<Change> = fc
  .tuple(at, fc.constantFrom(...FRAGMENTS))
  .map(([where, fragment]) => (source) => {
    const offset = place(source, where);
    return source.slice(0, offset) + fragment + source.slice(offset);
  });
/** Where markup is: insertions anywhere mostly hit the inside of a name or a value. */
const betweenTags: Arbitrary<Change> = fc
  .tuple(at, fc.constantFrom(...FRAGMENTS))
  .map(([where, fragment]) => (source) => {
    const offset = source.indexOf('>', place(source, where)) + 1;
    return source.slice(0, offset) + fragment + source.slice(offset);
  });
const deletion: Arbitrary<Change> = fc
  .tuple(at, fc.integer({ min: 1, max: 40 }))
  .map(([where, length]) => (source) => {
    const offset = place(source, where);
    return source.slice(0, offset) + source.slice(offset + length);
  });
const replacement: Arbitrary<Change> = fc
  .tuple(at, fc.constantFrom('A', 'z', '0', '+', '<', '>', '"', "'", '&', ' ', 'è'))
  .map(([where, character_]) => (source) => {
    const offset = place(source, where);
    return source.slice(0, offset) + character_ + source.slice(offset + 1);
  });
const repetition: Arbitrary<Change> = fc
  .tuple(at, fc.integer({ min: 1, max: 300 }), at)
  .map(([from, length, to]) => (source) => {
    const start = place(source, from);
    const offset = place(source, to);
    return source.slice(0, offset) + source.slice(start, start + length) + source.slice(offset);
  });
/** Spellings that mean the same to an XML parser. */
const respelling: Arbitrary<Change> = fc
  .constantFrom<readonly (readonly [string | RegExp, string])[]>(
    [[/ (\w+)="([^"]*)" (\w+)="([^"]*)"/, ' $3="$4" $1="$2"']],
    [[/><\/[\w:.]+>/, '/>']],
    [[/="([^"']*)"/, "='$1'"]],
    [['<ds:KeyInfo>', '\n<ds:KeyInfo>']],
    [[/^/, '<?xml version="1.0" encoding="UTF-8"?>\n']],
    [[/$/, '\n']],
    [[/<ds:X509Certificate>(.{64})/, '<ds:X509Certificate>$1\n']],
    [[/\bds(?=[:=])/g, 'dsig']],
    [['http://www.w3.org/2000/09/xmldsig#', 'http://www.w3.org/2000/09/xmldsig&#35;']],
  )
  .map((pairs) => (source) => pairs.reduce((done, [from, to]) => done.replace(from, to), source));

/** (r, n − s) in place of (r, s), for P-256: the equation holds for both. */
const mirroredValue: Arbitrary<Change> = fc.constant((source) =>
  source.replace(/(?<=<ds:SignatureValue>)[^<]{88}(?=<)/, (text) => {
    const value = Buffer.from(text, 'base64');
    if (value.length !== 2 * P256.bytes) return text;
    const s = P256.n - BigInt(`0x${value.subarray(P256.bytes).toString('hex')}`);
    if (s < 0n) return text;
    const other = Buffer.from(
      s
        .toString(16)
        .padStart(2 * P256.bytes, '0')
        .slice(-64),
      'hex',
    );
    return Buffer.concat([value.subarray(0, P256.bytes), other]).toString('base64');
  }),
);

/** One to three changes to a signed document. */
export const changes: Arbitrary<Change> = fc
  .array(fc.oneof(insertion, betweenTags, deletion, replacement, repetition, respelling, mirroredValue), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => (source) => all.reduce((done, change) => change(done), source));

/** True if the bytes are in canonical form and end with a signature written as the profile writes it. */
export function hasProfileShape(bytes: Buffer): boolean {
  const source = bytes.toString();
  const start = source.lastIndexOf('<ds:Signature ');
  const values = start < 0 ? undefined : SIGNATURE.match(source.slice(start, source.lastIndexOf('</')));
  return (
    values !== undefined &&
    isCanonical(bytes) &&
    Object.values(values).every((value) => !/\s/.test(value)) &&
    hasLowS(Buffer.from(values.signatureValue, 'base64'))
  );
}

/** The curve is told by the length; RSA has no s. */
function hasLowS(value: Buffer): boolean {
  const order = [P256, P384].find(({ bytes }) => value.length === 2 * bytes);
  return order === undefined || isLowS(value, order);
}

function isCanonical(bytes: Buffer): boolean {
  const parsed = XmlDocument.fromBuffer(bytes);
  try {
    const canonical = parsed.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 });
    return Buffer.from(canonical).equals(bytes);
  } finally {
    parsed.dispose();
  }
}
