import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HubError, type ErrorCode } from '#errors';
import * as arbitrary from './arbitraries.ts';
import * as xml from './index.ts';

const [event] = fc.sample(
  arbitrary.events.filter(
    ({ type, facts, documents }) => type === 'practice.filed' && facts.length > 0 && documents.length > 1,
  ),
  { numRuns: 1, seed: 7 },
);
const good = xml.serializeEvent(event!).toString('utf8');

/** The error that validation of this text ends in. */
function refusal(text: string | Buffer, kind: xml.XmlKind = 'event'): HubError {
  try {
    xml.parseValidated(kind, Buffer.from(text));
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function changed(from: string | RegExp, to: string): string {
  const text = good.replace(from, to);
  expect(text).not.toBe(good);
  return text;
}

describe('what is refused by its bytes, before parsing', () => {
  it('refuses an event one byte over 512 KiB, and reads one at the limit as far as its content goes', () => {
    expect(refusal(Buffer.alloc(524_289, '<'))).toMatchObject({
      code: 'EVENT_TOO_LARGE',
      details: { size: 524_289, limit: 524_288 },
    });
    expect(refusal(Buffer.alloc(524_288, 'x')).code).toBe('XML_MALFORMED');
  });

  it.each(Object.keys(xml.XML_ROOTS) as xml.XmlKind[])('bounds documents of kind %s', (kind) => {
    const code = kind === 'event' ? 'EVENT_TOO_LARGE' : 'XML_TOO_LARGE';
    expect(refusal(Buffer.alloc(xml.MAX_BYTES[kind] + 1, ' '), kind).code).toBe(code);
  });

  it.each([
    ['a DOCTYPE', `<!DOCTYPE Event>${good}`],
    ['an external entity', `<!DOCTYPE Event [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good}`],
    [
      'entities that expand to a gigabyte',
      `<!DOCTYPE Event [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${good}`,
    ],
    ['an XML declaration', `<?xml version="1.0"?>${good}`],
    ['a processing instruction', changed('<Facts>', '<?x y?><Facts>')],
    ['a comment', changed('<Facts>', '<!--x--><Facts>')],
    ['a CDATA section', changed('<Facts>', '<Facts><![CDATA[ ]]>')],
    ['a byte order mark', `\uFEFF${good}`],
  ])('refuses %s', (_, text) => {
    expect(refusal(text).code).toBe('XML_FORBIDDEN_CONSTRUCT');
  });

  it.each([
    ['UTF-16', Buffer.from(`<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE Event>${good}`, 'utf16le')],
    ['Latin-1', Buffer.from('<a b="è"></a>', 'latin1')],
  ])('refuses %s, in which a scan of bytes would see nothing', (_, bytes) => {
    expect(refusal(bytes).code).toBe('XML_MALFORMED');
  });
});

describe('what is refused by parsing', () => {
  it('says where a malformed document breaks', () => {
    const error = refusal(changed('</Facts>', '\n</Fatcs>'));
    expect(error.code).toBe('XML_MALFORMED');
    expect(error.details).toMatchObject({ line: 2 });
    expect(error.details['column']).toBeGreaterThan(1);
    expect(error.details['reason']).toContain('Facts');
  });

  it.each([
    ['an undeclared entity', changed('<Facts>', '<Facts>&x;')],
    ['a body cut off midway', good.slice(0, good.length / 2)],
    ['nothing', ''],
    ['two roots', good + good],
    ['nesting without end', '<a>'.repeat(10_000)],
  ])('refuses %s', (_, text) => {
    expect(refusal(text).code).toBe('XML_MALFORMED');
  });
});

describe('what is refused by the XSD', () => {
  it('names line, XPath and reason', () => {
    const error = refusal(changed(/istat="[0-9]{6}"/, 'istat="12345"'));
    expect(error.code).toBe('XSD_INVALID');
    expect(error.details).toMatchObject({ line: 1, xpath: expect.stringContaining('/') as string });
    expect(error.details['reason']).toContain('istat');
  });

  it.each([
    ['a type that nobody knows', changed('type="practice.filed"', 'type="practice.burned"')],
    ['a major version of the future', changed(' version="1.0"', ' version="2.0"')],
    ['free text where codes belong', changed(/office="[^"]*"/, 'office="Ufficio al primo piano"')],
    ['blanks around a value', changed('<Sequence number="', '<Sequence number=" ')],
    ['an attribute of nobody', changed('<Facts>', '<Facts x="y">')],
    ['text between elements', changed('<Facts>', '<Facts>text')],
    ['another root', good.replaceAll('Event', 'Evento')],
    ['another namespace', changed('urn:reset-hub:event:1', 'urn:reset-hub:event:2')],
    ['a document named twice', changed(/(<Document .*?<\/Document>)/, '$1$1')],
    ['a fact named twice', changed(/(<Fact .*?<\/Fact>)/, '$1$1')],
    ['501 documents', changed('<Documents>', `<Documents>${documents(500)}`)],
    ['201 facts', changed('<Facts>', `<Facts>${facts(200)}`)],
    [
      'a signature before the end',
      changed('<Facts>', '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><Facts>'),
    ],
    [
      'two signatures',
      changed(
        '</Event>',
        '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/>'.repeat(2) + '</Event>',
      ),
    ],
  ])('refuses %s', (_, text) => {
    expect(refusal(text).code).toBe('XSD_INVALID');
  });

  it('reads a newer minor version that still follows the schema', () => {
    expect(
      xml.parseValidated('event', Buffer.from(changed(' version="1.0"', ' version="1.7"'))).version,
    ).toBe('1.7');
  });
});

describe('what a schema cannot say', () => {
  it.each([
    [
      'the body of another type',
      changed('type="practice.filed"', 'type="filing.withdrawn"'),
      'XML_UNEXPECTED',
    ],
    [
      'a day that does not exist',
      changed(/ time="[^"]*"/, ' time="2026-02-30T10:00:00.000Z"'),
      'XML_UNEXPECTED',
    ],
    [
      'xsi:type',
      changed('<Facts>', '<Facts xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Facts">'),
      'XML_UNEXPECTED',
    ],
  ] satisfies [string, string, ErrorCode][])('refuses %s', (_, text, code) => {
    expect(refusal(text).code).toBe(code);
  });

  it('refuses to write more documents or facts than an event may carry', () => {
    const many = { ...event!, documents: Array.from({ length: 501 }, () => event!.documents[0]!) };
    expect(() => xml.serializeEvent(many)).toThrow(expect.objectContaining({ code: 'EVENT_OVER_BOUNDS' }));
  });

  it('refuses a form file that inflates beyond its bound', () => {
    const change = {
      kind: 'form.published' as const,
      form: {
        namespace: 'urn:x',
        root: 'x',
        version: '1',
        entry: 'x.xsd',
        files: [{ path: 'x.xsd', bytes: Buffer.alloc(8_388_609) }],
      },
    };
    const bytes = xml.serializeRegistryEntry({
      version: '1.0',
      number: 1,
      previous: null,
      time: '2026-01-01T00:00:00.000Z',
      change,
    });
    expect(refusal(bytes, 'registry').code).toBe('XML_UNEXPECTED');
  });
});

describe('any bytes whatever', () => {
  it('are refused with a code, never with another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(good.length), (noise, at) => {
        const text = Buffer.from(good);
        noise.forEach((byte, index) => {
          if (at + index < text.length) text[at + index] = byte;
        });
        if (!text.equals(Buffer.from(good))) {
          try {
            xml.parseValidated('event', text);
          } catch (error) {
            expect(error).toBeInstanceOf(HubError);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function documents(count: number): string {
  return Array.from(
    { length: count },
    (_, index) =>
      `<Document digest="${'0'.repeat(64)}" id="00000000-0000-4000-8000-${String(index).padStart(12, '0')}" mediaType="a/b" role="form" size="0"/>`,
  ).join('');
}

function facts(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `<Fact kind="code" name="n${String(index)}" value="v"/>`,
  ).join('');
}
