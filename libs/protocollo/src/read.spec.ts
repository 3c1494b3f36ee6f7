import { describe, expect, it } from 'vitest';
import { readProtocolMessage, readSegnatura } from './read.ts';
import { aSegnatura, ID } from './samples.fixture.ts';
import { writeProtocolMessage, writeSegnatura } from './write.ts';

const SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:Signature>';
const VALID = writeSegnatura(aSegnatura())
  .toString()
  .replace('</prot:SegnaturaInformatica>', `${SIGNATURE}</prot:SegnaturaInformatica>`);

function changed(from: string | RegExp, to: string): Buffer {
  const text = VALID.replace(from, to);
  if (text === VALID) throw new Error(`nothing to change at ${String(from)}`);
  return Buffer.from(text);
}

describe('readSegnatura', () => {
  it.each([
    ['another version', 'prot:versione="3.0.0"', 'prot:versione="2.0.0"'],
    ['a version without its namespace', 'prot:versione', 'versione'],
    ['a root of another namespace', 'xmlns:prot="http://www.agid.gov.it/protocollo/"', 'xmlns:prot="urn:x"'],
    ['no signature', SIGNATURE, ''],
    ['a number of six digits', '0000001<', '000001<'],
    ['a day that cannot be', '2026-03-04', '2026-13-04'],
    [
      'a part out of order',
      /(<prot:Oggetto>.*<\/prot:Oggetto>)(<prot:Classifica>.*?<\/prot:Classifica>)/,
      '$2$1',
    ],
    ['a part twice', /(<prot:Oggetto>.*<\/prot:Oggetto>)/, '$1$1'],
    ['an element of nobody’s', '<prot:Mittente>', '<prot:Altro></prot:Altro><prot:Mittente>'],
    ['no recipient', /<prot:Destinatario.*<\/prot:Destinatario>/, ''],
    ['a digest of another algorithm', 'prot:algoritmo="SHA-256"', 'prot:algoritmo="SHA-1"'],
    ['a digest that is not base64 of 32 bytes', /(<prot:Impronta[^>]*>)[^<]*/, '$1AAAA'],
    ['text between elements', '<prot:Mittente>', 'x<prot:Mittente>'],
    ['an element inside a text', 'VI.3', '<prot:x></prot:x>'],
    ['a document type', /^/, '<!DOCTYPE x>'],
    ['an unclosed element', '</prot:Oggetto>', ''],
  ])('refuses %s', (_, from, to) => {
    expect(() => readSegnatura(changed(from, to))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_MESSAGE_INVALID' }),
    );
  });

  it('accepts what the standard allows beyond what this hub writes, and leaves it aside', () => {
    const location =
      '<prot:CollocazioneTelematica><prot:HostValue>x</prot:HostValue><prot:PathValue>y</prot:PathValue></prot:CollocazioneTelematica>' +
      '<prot:firmatoDigitalmente><prot:UnDetached>true</prot:UnDetached></prot:firmatoDigitalmente>';
    const path =
      '<prot:CodicePath><prot:Livello>VI</prot:Livello><prot:SubLivello><prot:Livello>3</prot:Livello></prot:SubLivello></prot:CodicePath>';
    const text = changed('<prot:CodiceFlat>VI.3</prot:CodiceFlat>', path)
      .toString()
      .replace('</prot:Impronta>', `</prot:Impronta>${location}`)
      .replace('</prot:Fascicolo>', '</prot:Fascicolo><prot:Riservato>true</prot:Riservato>');
    expect(readSegnatura(Buffer.from(text))).toEqual(aSegnatura());
  });
});

describe('readProtocolMessage', () => {
  const confirmation = writeProtocolMessage({
    kind: 'ConfermaRicezione',
    id: ID,
    received: { id: { ...ID, body: 'p_cr' } },
  }).toString();

  it.each([
    ['a message of another kind', confirmation.replaceAll('ConfermaRicezione', 'Saluto')],
    [
      'a message without what it answers',
      confirmation.replace(/<pec:MessaggioRicevuto>.*<\/pec:MessaggioRicevuto>/, ''),
    ],
    ['another namespace', confirmation.replace('/protocollo/pec/', '/protocollo/x/')],
    ['bytes that are no XML', 'buongiorno'],
  ])('refuses %s', (_, text) => {
    expect(() => readProtocolMessage(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_MESSAGE_INVALID' }),
    );
  });
});
