import fc, { type Arbitrary } from 'fast-check';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import * as arbitrary from './arbitraries.ts';
import * as xml from './index.ts';
import { READ_PLAINLY, readPlain } from './plain.ts';
import { conforms } from './plain-schema.ts';
import { schemaOf } from './schemas.ts';
import { treeOf, type XmlTree } from './tree.ts';

/** These must be read plainly, and their XSDs understood. */
const FREQUENT = {
  // A media type may have an `&`, the namespace of a form a `>`.
  event: arbitrary.events.map(xml.serializeEvent).filter((bytes) => !/&|="[^"]*>/.test(bytes.toString())),
  decision: arbitrary.decisions.map(xml.serializeDecision),
  receipt: arbitrary.receipts.map(xml.serializeReceipt),
  action: arbitrary.actions.map(xml.serializeAction),
  batch: arbitrary.batches.map(xml.serializeBatch),
} as const satisfies Partial<Record<xml.XmlKind, Arbitrary<Buffer>>>;
const KINDS = Object.keys(FREQUENT) as (keyof typeof FREQUENT)[];

/** What libxml2 says of the same bytes: their tree, their canonical form, and whether the XSD lets them pass. */
function byParser(kind: xml.XmlKind, bytes: Buffer): { tree: XmlTree; canonical: string; valid: boolean } {
  const document = XmlDocument.fromBuffer(bytes);
  try {
    const valid = isValid(kind, document);
    const canonical = document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 });
    return { tree: treeOf(document.root), canonical, valid };
  } finally {
    document.dispose();
  }
}

function isValid(kind: xml.XmlKind, document: XmlDocument): boolean {
  try {
    schemaOf(kind).validator.validate(document);
    return true;
  } catch {
    return false;
  }
}

function isAccepted(kind: xml.XmlKind, tree: XmlTree): boolean {
  const rules = schemaOf(kind).rules();
  return rules !== undefined && conforms(tree, rules);
}

/** Whatever is read plainly is what libxml2 reads, and what conforms is valid. Of what does not conform libxml2 has the last word. */
function expectSound(kind: xml.XmlKind, bytes: Buffer): { plain: XmlTree; valid: boolean } | undefined {
  const plain = readPlain(bytes);
  if (plain === undefined) return undefined;
  const { tree, canonical, valid } = byParser(kind, bytes);
  expect(plain).toEqual(tree);
  expect(bytes.toString()).toBe(canonical);
  if (isAccepted(kind, plain)) expect(valid).toBe(true);
  return { plain, valid };
}

/** As {@link expectSound}, and what is valid conforms. */
function expectAgreement(kind: xml.XmlKind, bytes: Buffer): XmlTree | undefined {
  const read = expectSound(kind, bytes);
  if (read !== undefined) expect(isAccepted(kind, read.plain)).toBe(read.valid);
  return read?.plain;
}

it('the kinds that are read plainly are all looked at here', () => {
  expect(new Set(KINDS)).toEqual(READ_PLAINLY);
});

describe.each(KINDS)('%s', (kind) => {
  it('is read plainly, as libxml2 reads it, and conforms', () => {
    fc.assert(
      fc.property(FREQUENT[kind], (bytes) => {
        const plain = expectAgreement(kind, bytes);
        expect(plain && isAccepted(kind, plain)).toBe(true);
      }),
    );
  });

  it('is valid for both or for none, whatever is changed in its tree', () => {
    let [plain, valid] = [0, 0];
    fc.assert(
      fc.property(FREQUENT[kind], fc.array(treeChanges, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
        const tree = readPlain(bytes)!;
        const changed = changes.reduce((now, change) => change(now), tree);
        const found = expectAgreement(kind, Buffer.from(written(changed, '')));
        if (found === undefined) return;
        plain += 1;
        if (isAccepted(kind, found)) valid += 1;
      }),
      { numRuns: 300, seed: 7 },
    );
    // Otherwise the property says little.
    expect(plain).toBeGreaterThan(150);
    expect(valid).toBeGreaterThan(10);
    expect(plain - valid).toBeGreaterThan(60);
  });

  it('is read as libxml2 reads it or not at all, whatever is changed in its bytes', () => {
    fc.assert(
      fc.property(FREQUENT[kind], fc.array(textChanges, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
        const text = changes.reduce((now, change) => change(now), bytes.toString());
        // White space between two elements, say, is valid, and is left to libxml2.
        expectSound(kind, Buffer.from(text));
      }),
      { numRuns: 300 },
    );
  });
});

describe('an event that only its XSD refuses', () => {
  const [sample] = fc.sample(
    arbitrary.events.filter(({ documents, facts }) => documents.length > 0 && facts.length > 0),
    { seed: 1, numRuns: 1 },
  );
  const event = sample!;
  const plain = {
    ...event,
    documents: [{ ...event.documents[0]!, mediaType: 'a/b' }],
    facts: [event.facts[0]!],
  };
  const document = plain.documents[0]!;
  const fact = plain.facts[0]!;
  const bytesOf = (changed: Partial<XmlTree>, name: string): Buffer => {
    const tree = readPlain(xml.serializeEvent(plain))!;
    const children = tree.children.map((child) => (child.name === name ? { ...child, ...changed } : child));
    return Buffer.from(written({ ...tree, children }, ''));
  };
  const repeated = (name: string, count: number): readonly XmlTree[] => {
    const part = readPlain(xml.serializeEvent(plain))!.children.find((child) => child.name === name)!;
    const [one] = part.children;
    const key = name === 'Facts' ? 'name' : 'id';
    return Array.from({ length: count }, (_, index) => {
      const value = name === 'Facts' ? `f${index}` : fc.sample(fc.uuid(), { seed: index, numRuns: 1 })[0]!;
      return { ...one!, attributes: new Map([...one!.attributes, [key, value]]) };
    });
  };

  it.each([
    ['as it is', xml.serializeEvent(plain), true],
    ['with a document named twice', xml.serializeEvent({ ...plain, documents: [document, document] }), false],
    ['with a fact stated twice', xml.serializeEvent({ ...plain, facts: [fact, fact] }), false],
    [
      'with a media type of 127 characters',
      xml.serializeEvent({ ...plain, documents: [{ ...document, mediaType: `a/${'b'.repeat(125)}` }] }),
      true,
    ],
    [
      'with a media type of 128 characters',
      xml.serializeEvent({ ...plain, documents: [{ ...document, mediaType: `a/${'b'.repeat(126)}` }] }),
      false,
    ],
    ['with 200 facts', bytesOf({ children: repeated('Facts', 200) }, 'Facts'), true],
    ['with 201 facts', bytesOf({ children: repeated('Facts', 201) }, 'Facts'), false],
    ['with 500 documents', bytesOf({ children: repeated('Documents', 500) }, 'Documents'), true],
    ['with 501 documents', bytesOf({ children: repeated('Documents', 501) }, 'Documents'), false],
    ['with two bodies', bytesOf({ children: [bodyOf(plain), bodyOf(plain)] }, 'Body'), false],
  ])('%s is valid for both or for none', (_, bytes, valid) => {
    const tree = expectAgreement('event', bytes)!;
    expect(isAccepted('event', tree)).toBe(valid);
  });
});

function bodyOf(event: xml.DocumentOf['event']): XmlTree {
  return readPlain(xml.serializeEvent(event))!.children.find(({ name }) => name === 'Body')!.children[0]!;
}

describe('a document that is not plain', () => {
  const EVENT = 'xmlns="urn:reset-hub:event:1"';
  it.each([
    ['has a prefix', '<a:Event xmlns:a="urn:reset-hub:event:1"></a:Event>'],
    ['has no namespace', '<Event></Event>'],
    ['has the namespace of others', '<Event xmlns="urn:x"></Event>'],
    ['declares what is declared', `<Event ${EVENT}><Author ${EVENT}></Author></Event>`],
    ['declares it late', '<Event id="1" xmlns="urn:reset-hub:event:1"></Event>'],
    ['has an attribute twice', `<Event ${EVENT} id="1" id="1"></Event>`],
    ['has its attributes in another order', `<Event ${EVENT} time="1" id="1"></Event>`],
    ['has a very long name', `<Event ${EVENT} ${'a'.repeat(50_001)}="1"></Event>`],
    ['has no blank between attributes', `<Event ${EVENT}id="1"></Event>`],
    ['has two blanks between attributes', `<Event ${EVENT}  id="1"></Event>`],
    ['has a blank before the end of a tag', `<Event ${EVENT} ></Event>`],
    ['has a blank before the end of an end tag', `<Event ${EVENT}></Event >`],
    ['has an empty-element tag', `<Event ${EVENT}/>`],
    ['has single quotes', "<Event xmlns='urn:reset-hub:event:1'></Event>"],
    ['has a value without quotes', `<Event ${EVENT} id=1></Event>`],
    ['has markup in a value', `<Event ${EVENT} id="<"></Event>`],
    ['has the end of a tag in a value', `<Event ${EVENT} id=">"></Event>`],
    ['has the end of a tag in its text', `<Event ${EVENT}>></Event>`],
    ['has a character reference', `<Event ${EVENT} id="&#49;"></Event>`],
    ['has a line end', `<Event ${EVENT}>\n</Event>`],
    ['has a letter beyond ASCII', `<Event ${EVENT}>è</Event>`],
    ['has a byte of DEL', `<Event ${EVENT}>\u007f</Event>`],
    ['has a comment', `<Event ${EVENT}><!-- --></Event>`],
    ['ends too early', `<Event ${EVENT}><Author></Event>`],
    ['ends with another tag', `<Event ${EVENT}></Even>`],
    ['is followed by something', `<Event ${EVENT}></Event> `],
    ['is two', `<Event ${EVENT}></Event><Event ${EVENT}></Event>`],
    ['begins with a blank', ` <Event ${EVENT}></Event>`],
    ['is nothing', ''],
    ['is a tag', `<Event ${EVENT}>`],
    ['is a thousand levels deep', `<Event ${EVENT}>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</Event>`],
  ])('is left to the parser: it %s', (_, text) => {
    expect(readPlain(Buffer.from(text))).toBeUndefined();
  });
});

type Change<T> = (value: T) => T;

/** The tree as canonical form writes it; nothing is escaped. */
function written({ name, namespace, attributes, children, text }: XmlTree, scope: string): string {
  const declaration = namespace === scope ? '' : ` xmlns="${namespace}"`;
  const pairs = [...attributes].sort(([one], [other]) => (one < other ? -1 : 1));
  const inside = children.map((child) => written(child, namespace)).join('');
  return `<${name}${declaration}${pairs.map(([key, value]) => ` ${key}="${value}"`).join('')}>${inside}${text}</${name}>`;
}

const someName = fc.constantFrom(
  'id',
  'digest',
  'number',
  'size',
  'Term',
  'Fact',
  'Document',
  'Event',
  'zz',
  'Aa',
);
const someValue = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '01',
    '1',
    'true',
    'TRUE',
    'pec',
    '1.0',
    '1.01',
    '2026-13-01T00:00:00.000Z',
    '=',
  ),
  fc.stringMatching(/^[A-Za-z0-9_.:/+-]{1,20}$/),
  fc.constantFrom(16, 17, 63, 64, 65, 128, 129, 255, 256).map((length) => 'a'.repeat(length)),
  fc.uuid(),
);

const pickedFrom = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
const withAttributes = (tree: XmlTree, attributes: Iterable<readonly [string, string]>): XmlTree => ({
  ...tree,
  attributes: new Map(attributes),
});

/** Changes of one element. */
const elementChanges: Arbitrary<Change<XmlTree>> = fc.oneof(
  // A value: another, or a little more or less of it.
  fc.tuple(fc.nat(), someValue).map(
    ([at, value]) =>
      (tree: XmlTree): XmlTree =>
        withAttributes(
          tree,
          [...tree.attributes].map(([name, old], index, all) =>
            pickedFrom(all, at)?.[0] === name && index >= 0 ? [name, value] : [name, old],
          ),
        ),
  ),
  fc
    .tuple(fc.nat(), fc.constantFrom('0', 'g', 'A', '-', ''))
    .map(([at, more]) => (tree: XmlTree): XmlTree => {
      const picked = pickedFrom([...tree.attributes], at);
      const value = more === '' ? picked?.[1].slice(1) : `${picked?.[1] ?? ''}${more}`;
      return picked ? withAttributes(tree, [...tree.attributes, [picked[0], value ?? '']]) : tree;
    }),
  fc.tuple(someName, someValue).map(
    ([name, value]) =>
      (tree: XmlTree): XmlTree =>
        withAttributes(tree, [...tree.attributes, [name, value]]),
  ),
  fc.nat().map(
    (at) =>
      (tree: XmlTree): XmlTree =>
        withAttributes(
          tree,
          [...tree.attributes].filter((pair, _, all) => pair !== pickedFrom(all, at)),
        ),
  ),
  // Children: one more, one less, another order, an element of that name.
  fc.nat().map((at) => (tree: XmlTree): XmlTree => ({
    ...tree,
    children: tree.children.flatMap((child, _, all) =>
      child === pickedFrom(all, at) ? [child, child] : [child],
    ),
  })),
  fc.nat().map((at) => (tree: XmlTree): XmlTree => ({
    ...tree,
    children: tree.children.filter((child, _, all) => child !== pickedFrom(all, at)),
  })),
  fc.constant((tree: XmlTree): XmlTree => ({ ...tree, children: tree.children.toReversed() })),
  someName.map((name) => (tree: XmlTree): XmlTree => ({
    ...tree,
    children: tree.children.map((child) => ({ ...child, name })),
  })),
  fc
    .constantFrom('urn:reset-hub:body:1', 'urn:reset-hub:event:1')
    .map((namespace) => (tree: XmlTree): XmlTree => ({
      ...tree,
      children: tree.children.map((child) => ({ ...child, namespace })),
    })),
  fc.constantFrom('x', 'true').map((text) => (tree: XmlTree): XmlTree => ({ ...tree, text })),
);

/** The same somewhere in a tree. */
const treeChanges: Arbitrary<Change<XmlTree>> = fc
  .tuple(elementChanges, fc.array(fc.nat(), { maxLength: 3 }))
  .map(
    ([change, path]) =>
      (tree) =>
        changedAt(tree, path, change),
  );

function changedAt(tree: XmlTree, [at, ...rest]: readonly number[], change: Change<XmlTree>): XmlTree {
  const picked = at === undefined ? undefined : pickedFrom(tree.children, at);
  if (picked === undefined) return change(tree);
  const children = tree.children.map((child) => (child === picked ? changedAt(child, rest, change) : child));
  return { ...tree, children };
}

const PIECES = [
  '<',
  '>',
  '"',
  '=',
  ' ',
  '/',
  '&',
  '&amp;',
  'xmlns="',
  "'",
  '</',
  '><',
  '<a>',
  '</a>',
  '\n',
  'a',
  '0',
  ':',
];

const textChanges: Arbitrary<Change<string>> = fc
  .tuple(fc.nat(), fc.nat(12), fc.constantFrom('', ...PIECES))
  .map(([at, length, piece]) => (text) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + piece + text.slice(start + length);
  });
