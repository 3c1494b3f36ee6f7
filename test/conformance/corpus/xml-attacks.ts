/** Attacks on the XML: spellings that some parser reads otherwise, and what must never be parsed. */
import { attack, replaced, type Made } from './case.ts';

export function xmlAttacks(act: Buffer): readonly Made[] {
  return [...constructs(act), ...doctypes(act), ...spellings(act), ...namespaces(act)];
}

function constructs(act: Buffer): readonly Made[] {
  const change = (name: string, code: Made['code'] & string, about: string, from: string, to: string): Made =>
    attack(`xml/${name}`, code, about, replaced(act, from, to));
  return [
    change(
      'instruction-for-text',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'A processing instruction stands in place of the text of the media type.',
      '>application/xml<',
      '><?x application/xml?><',
    ),
    change(
      'instruction',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'A processing instruction is added.',
      '<Facts>',
      '<Facts><?x text?>',
    ),
    attack(
      'xml/instruction-before-root',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'A stylesheet instruction stands before the root.',
      Buffer.from(`<?xml-stylesheet href="x.xsl"?>${act.toString()}`),
    ),
    attack(
      'xml/declaration',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'An XML declaration stands before the root.',
      Buffer.from(`<?xml version="1.0"?>${act.toString()}`),
      true,
    ),
    attack(
      'xml/declaration-of-xml-1.1',
      'PROCESSING_INSTRUCTION_FORBIDDEN',
      'The document is declared to be XML 1.1.',
      Buffer.from(`<?xml version="1.1"?>${act.toString()}`),
    ),
    change(
      'comment',
      'COMMENT_FORBIDDEN',
      'A comment is added between elements.',
      '<Facts>',
      '<Facts><!-- x -->',
    ),
    change(
      'comment-in-text',
      'COMMENT_FORBIDDEN',
      'A comment splits a text in two.',
      '>application/xml<',
      '>application<!-- -->/xml<',
    ),
    change(
      'comment-in-value',
      'COMMENT_FORBIDDEN',
      'A comment stands in the signature value.',
      '</ds:SignatureValue>',
      '<!-- --></ds:SignatureValue>',
    ),
    attack(
      'xml/comment-after-root',
      'COMMENT_FORBIDDEN',
      'A comment follows the root.',
      Buffer.from(`${act.toString()}<!-- x -->`),
    ),
    change(
      'cdata',
      'CDATA_FORBIDDEN',
      'A text is written as a CDATA section.',
      '>application/xml<',
      '><![CDATA[application/xml]]><',
    ),
    change(
      'empty-cdata',
      'CDATA_FORBIDDEN',
      'An empty CDATA section is added.',
      '<Facts>',
      '<Facts><![CDATA[]]>',
    ),
  ];
}

function doctypes(act: Buffer): readonly Made[] {
  const text = act.toString();
  const withDoctype = (name: string, about: string, doctype: string, use = ''): Made =>
    attack(
      `doctype/${name}`,
      'DTD_FORBIDDEN',
      about,
      Buffer.from(`<!DOCTYPE Event ${doctype}>${text.replace('<Facts>', `<Facts>${use}`)}`),
    );
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
    '',
  );
  return [
    withDoctype('local', 'There is a DOCTYPE with an empty internal subset.', '[]'),
    withDoctype('remote', 'There is a DOCTYPE with a remote DTD.', 'SYSTEM "http://localhost:1/x.dtd"'),
    withDoctype(
      'public',
      'There is a DOCTYPE with a public identifier.',
      'PUBLIC "-//x//y" "http://localhost:1/x.dtd"',
    ),
    withDoctype('entity', 'An entity is declared and used.', '[<!ENTITY x "x">]', '&x;'),
    withDoctype(
      'external-entity',
      'An entity names a local file.',
      '[<!ENTITY x SYSTEM "file:///etc/hostname">]',
      '&x;',
    ),
    withDoctype(
      'parameter-entity',
      'A parameter entity names a remote DTD.',
      '[<!ENTITY % x SYSTEM "http://localhost:1/x.dtd"> %x;]',
    ),
    withDoctype(
      'default-attribute',
      'The DTD gives an element an Id.',
      '[<!ATTLIST Facts Id CDATA "signature-content">]',
    ),
    withDoctype(
      'id-attribute',
      'The DTD declares an attribute to be an id.',
      '[<!ATTLIST Facts x ID #IMPLIED>]',
    ),
    withDoctype(
      'billion-laughs',
      'Entities within entities: ten to the ninth.',
      `[<!ENTITY l0 "ha">${laughs}]`,
      '&l9;',
    ),
    withDoctype(
      'entity-of-itself',
      'An entity that holds itself.',
      '[<!ENTITY x "&y;"><!ENTITY y "&x;">]',
      '&x;',
    ),
    attack(
      'doctype/lower-case',
      'DTD_FORBIDDEN',
      'The DOCTYPE is written in lower case.',
      Buffer.from(`<!doctype Event>${text}`),
    ),
    attack(
      'doctype/undeclared-entity',
      'SIGNED_DOCUMENT_MALFORMED',
      'An entity is used that nobody declared.',
      replaced(act, '<Facts>', '<Facts>&x;'),
    ),
  ];
}

function spellings(act: Buffer): readonly Made[] {
  const same = (name: string, about: string, from: string | RegExp, to: string): Made =>
    attack(`spelling/${name}`, 'NOT_CANONICAL', about, replaced(act, from, to), true);
  return [
    same('character-reference', 'A letter is written as a character reference.', 'UF-SUAP', '&#85;F-SUAP'),
    same('empty-element-tag', 'An empty element is written as one tag.', '></Territory>', '/>'),
    same(
      'attribute-order',
      'Two attributes change places.',
      'ipa="c_d150" office="UF-SUAP"',
      'office="UF-SUAP" ipa="c_d150"',
    ),
    same('apostrophes', 'An attribute stands in apostrophes.', '"019036"', "'019036'"),
    same('space-in-tag', 'A space stands at the end of a tag.', '<Facts>', '<Facts >'),
    same('line-end-after-root', 'A line end follows the root.', /$/, '\n'),
    same('line-end-before-root', 'A line end stands before the root.', /^/, '\n'),
    attack(
      'spelling/carriage-return',
      'NOT_CANONICAL',
      'A carriage return is added.',
      replaced(act, '<Facts>', '<Facts>\r\n'),
    ),
    attack(
      'spelling/line-separator',
      'REFERENCE_DIGEST_MISMATCH',
      'U+2028 is added, which XML 1.1 takes for a line end.',
      replaced(act, '<Facts>', '<Facts>\u2028'),
    ),
    attack(
      'spelling/tab-in-attribute',
      'REFERENCE_DIGEST_MISMATCH',
      'A tab is added to an attribute, as a character reference.',
      replaced(act, 'UF-SUAP', 'UF-SUAP&#x9;'),
    ),
  ];
}

function namespaces(act: Buffer): readonly Made[] {
  const change = (
    name: string,
    code: Made['code'] & string,
    about: string,
    from: string | RegExp,
    to: string,
    general = false,
  ): Made => attack(`namespace/${name}`, code, about, replaced(act, from, to), general);
  return [
    change(
      'undeclared-prefix',
      'SIGNED_DOCUMENT_MALFORMED',
      'An element has a prefix that nobody declared.',
      '<Facts>',
      '<Facts><x:y></x:y>',
    ),
    change(
      'relative',
      'NOT_CANONICAL',
      'A namespace is a relative reference.',
      '<Facts>',
      '<Facts><x:y xmlns:x="y"></x:y>',
    ),
    change(
      'declared-early',
      'NOT_CANONICAL',
      'A prefix is declared where nothing uses it.',
      '<Facts>',
      '<Facts xmlns:x="urn:x">',
      true,
    ),
    change(
      'declared-twice',
      'NOT_CANONICAL',
      'The default namespace is declared again.',
      '<Facts>',
      '<Facts xmlns="urn:reset-hub:event:1">',
      true,
    ),
    change(
      'default-undone',
      'REFERENCE_DIGEST_MISMATCH',
      'The default namespace is undone for an element.',
      '<Facts>',
      '<Facts xmlns="">',
    ),
    change(
      'default-rebound',
      'REFERENCE_DIGEST_MISMATCH',
      'The default namespace is another for an element.',
      '<Facts>',
      '<Facts xmlns="urn:x">',
    ),
    change(
      'root-rebound',
      'REFERENCE_DIGEST_MISMATCH',
      'The root is in another namespace.',
      'xmlns="urn:reset-hub:event:1"',
      'xmlns="urn:reset-hub:event:2"',
    ),
    change(
      'prefix-for-default',
      'REFERENCE_DIGEST_MISMATCH',
      'An element has a prefix for the same namespace.',
      '<Facts></Facts>',
      '<e:Facts xmlns:e="urn:reset-hub:event:1"></e:Facts>',
    ),
    change(
      'ds-rebound-in-signature',
      'SIGNATURE_SHAPE',
      'The prefix ds is declared again within the signature.',
      '<ds:SignatureValue>',
      '<ds:SignatureValue xmlns:ds="urn:x">',
    ),
    change(
      'ds-rebound',
      'SIGNATURE_MISSING',
      'The prefix ds stands for another namespace.',
      'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"',
      'xmlns:ds="http://www.w3.org/2000/09/xmldsig"',
    ),
    change(
      'ds-on-root',
      'NOT_CANONICAL',
      'The prefix ds is declared on the root already.',
      '<Event ',
      '<Event xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ',
      true,
    ),
    change(
      'xades-rebound',
      'SIGNATURE_SHAPE',
      'The prefix xades stands for an older version.',
      'http://uri.etsi.org/01903/v1.3.2#"',
      'http://uri.etsi.org/01903/v1.2.2#"',
    ),
    change(
      'xml-rebound',
      'SIGNED_DOCUMENT_MALFORMED',
      'The prefix xml stands for another namespace.',
      '<Facts>',
      '<Facts xmlns:xml="urn:x">',
    ),
    change(
      'xml-base',
      'REFERENCE_DIGEST_MISMATCH',
      'xml:base is added.',
      '<Facts>',
      '<Facts xml:base="http://localhost:1/">',
    ),
    change(
      'same-attribute-twice',
      'SIGNED_DOCUMENT_MALFORMED',
      'Two prefixes of one namespace make an attribute appear twice.',
      '<Facts>',
      '<Facts xmlns:a="urn:x" xmlns:b="urn:x" a:x="1" b:x="2">',
    ),
  ];
}
