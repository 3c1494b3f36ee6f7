/**
 * Reads AgID's XML strictly: the order of the XSD, every required part, no other element. Parts of the standard that the
 * hub does not write (contacts, flags of signatures, classification by levels, …) are accepted and left aside; a sender
 * or recipient that is no Italian public body is not, since nobody else is on the network.
 */
import type {
  Classification,
  Correspondent,
  EarlierMessage,
  MessageDocument,
  ProtocolId,
  ProtocolMessage,
  ReceivedMessage,
  Recipient,
  Segnatura,
} from './model.ts';
import { MAX_SEGNATURA_BYTES } from './model.ts';
import { PEC_NAMESPACE, PROT_NAMESPACE, SEGNATURA_LANGUAGE, SEGNATURA_VERSION } from './names.ts';
import {
  attributeOf,
  invalid,
  parseNode,
  readSequence,
  shaped,
  textOf,
  type Node,
  type Sequence,
} from './tree.ts';

const SIGNATURE = '{http://www.w3.org/2000/09/xmldsig#}Signature';
const MAX_MESSAGE_BYTES = 65_536;

const CODE = /^[A-Za-z0-9_.-]{1,16}$/;
const NUMBER = /^[0-9]{7,12}$/;
const DATE = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;
/** SHA-256 in base64, in its one spelling. */
const DIGEST = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * Reads a segnatura; its signature has to be there, and is verified elsewhere (`verifySegnatura`).
 * @throws HubError `PROTOCOL_MESSAGE_INVALID`
 */
export function readSegnatura(xml: Buffer): Segnatura {
  const root = parseNode(xml, MAX_SEGNATURA_BYTES);
  checkRoot(root, `{${PROT_NAMESPACE}}SegnaturaInformatica`, PROT_NAMESPACE);
  const parts = sequence(root, [
    ['Intestazione', '1'],
    ['Riferimenti', '?'],
    ['Descrizione', '1'],
    [SIGNATURE, '1'],
  ]);
  const header = sequence(parts.one('Intestazione'), [
    ['Identificatore', '1'],
    ['PrimaRegistrazione', '?'],
    ['Oggetto', '1'],
    ['Classifica', '1'],
    ['Fascicolo', '?'],
    ['Riservato', '?'],
  ]);
  const message = sequence(parts.one('Descrizione'), [
    ['Mittente', '1'],
    ['Destinatario', '+'],
    ['DocumentoPrimario', '1'],
    ['Allegato', '*'],
  ]);
  const file = header.maybe('Fascicolo');
  const answers = parts.maybe('Riferimenti');
  const first = header.maybe('PrimaRegistrazione');
  return {
    id: readId(header.one('Identificatore')),
    first: first === undefined ? null : readId(first),
    subject: header.text('Oggetto'),
    classification: readClassification(header.one('Classifica')),
    file: file === undefined ? null : readFile(file),
    answers: answers === undefined ? null : readEarlier(answers),
    sender: readBody(message.one('Mittente')),
    recipients: message.all('Destinatario').map(readRecipient),
    primary: readDocument(message.one('DocumentoPrimario')),
    attachments: message.all('Allegato').map(readDocument),
  };
}

/** Reads a message of the confirmation exchange. @throws HubError `PROTOCOL_MESSAGE_INVALID` */
export function readProtocolMessage(xml: Buffer): ProtocolMessage {
  const root = parseNode(xml, MAX_MESSAGE_BYTES);
  const kind = root.name.slice(PEC_NAMESPACE.length + 2);
  checkRoot(root, `{${PEC_NAMESPACE}}${kind}`, PEC_NAMESPACE);
  switch (kind) {
    case 'ConfermaRicezione':
    case 'AggiornamentoConferma': {
      const parts = readSequence(root, PEC_NAMESPACE, [
        ['Identificatore', '1'],
        ['MessaggioRicevuto', '1'],
      ]);
      const id = readId(parts.one('Identificatore'));
      return { kind, id, received: readReceived(parts.one('MessaggioRicevuto')) };
    }
    case 'NotificaEccezione': {
      const parts = readSequence(root, PEC_NAMESPACE, [
        ['Identificatore', '?'],
        ['MessaggioRicevuto', '1'],
        ['Motivo', '1'],
      ]);
      const own = parts.maybe('Identificatore');
      const received = readReceived(parts.one('MessaggioRicevuto'));
      return { kind, id: own === undefined ? null : readId(own), received, reason: parts.text('Motivo') };
    }
    case 'AnnullamentoProtocollazione': {
      const parts = readSequence(root, PEC_NAMESPACE, [
        ['Identificatore', '1'],
        ['Motivo', '1'],
        ['Provvedimento', '1'],
      ]);
      const id = readId(parts.one('Identificatore'));
      return { kind, id, reason: parts.text('Motivo'), act: parts.text('Provvedimento') };
    }
    default:
      return invalid(`${root.name} is no message of the protocol`);
  }
}

function readReceived(node: Node): ReceivedMessage {
  const parts = readSequence(node, PEC_NAMESPACE, [
    ['Identificatore', '?'],
    ['PrimaRegistrazione', '?'],
    ['DescrizioneMessaggio', '?'],
  ]);
  const id = parts.maybe('Identificatore');
  const description = parts.maybe('DescrizioneMessaggio');
  if (id !== undefined && description === undefined) return { id: readId(id) };
  if (description !== undefined && node.children.length === 1) return { description: textOf(description) };
  return invalid('MessaggioRicevuto must hold either Identificatore or DescrizioneMessaggio');
}

function sequence(node: Node, expected: Sequence) {
  return readSequence(node, PROT_NAMESPACE, expected);
}

function checkRoot(root: Node, name: string, namespace: string): void {
  if (root.name !== name) invalid(`the root is ${root.name}, expected ${name}`);
  if (attributeOf(root, `{${namespace}}versione`) !== SEGNATURA_VERSION)
    invalid(`it is not of version ${SEGNATURA_VERSION}`);
  if (attributeOf(root, `{${namespace}}lang`) !== SEGNATURA_LANGUAGE) invalid('its language is not it');
}

function readId(node: Node): ProtocolId {
  const parts = sequence(node, [
    ['CodiceAmministrazione', '1'],
    ['CodiceAOO', '1'],
    ['CodiceRegistro', '1'],
    ['NumeroRegistrazione', '1'],
    ['DataRegistrazione', '1'],
    ['OraRegistrazione', '?'],
  ]);
  const { time } = parts.textAs('time', 'OraRegistrazione');
  return {
    body: shaped(parts.text('CodiceAmministrazione'), CODE, 'IPA code'),
    aoo: shaped(parts.text('CodiceAOO'), CODE, 'code of an AOO'),
    register: shaped(parts.text('CodiceRegistro'), CODE, 'code of a register'),
    number: shaped(parts.text('NumeroRegistrazione'), NUMBER, 'registration number'),
    date: shaped(parts.text('DataRegistrazione'), DATE, 'date'),
    ...(time === undefined ? {} : { time: shaped(time, TIME, 'time') }),
  };
}

function readClassification(node: Node): Classification {
  const parts = sequence(node, [
    ['Denominazione', '1'],
    ['CodiceFlat', '?'],
    ['CodicePath', '?'],
  ]);
  const path = parts.maybe('CodicePath');
  const { code } = parts.textAs('code', 'CodiceFlat');
  if ((code === undefined) === (path === undefined)) invalid('Classifica must have one code');
  return { name: parts.text('Denominazione'), code: code ?? (path === undefined ? '' : levels(path)) };
}

/** `CodicePath` in the flat spelling of the standard's example, `Titolo I.Classe 1`. */
function levels(node: Node): string {
  const parts = sequence(node, [
    ['Livello', '1'],
    ['SubLivello', '?'],
  ]);
  const below = parts.maybe('SubLivello');
  return parts.text('Livello') + (below === undefined ? '' : `.${levels(below)}`);
}

function readFile(node: Node): { readonly name: string; readonly code: string } {
  const parts = sequence(node, [
    ['Denominazione', '1'],
    ['CodiceFascicolo', '1'],
  ]);
  return { name: parts.text('Denominazione'), code: parts.text('CodiceFascicolo') };
}

function readEarlier(node: Node): EarlierMessage {
  const parts = sequence(node, [
    ['Identificatore', '1'],
    ['PrimaRegistrazione', '?'],
    ['Oggetto', '1'],
    ['Classifica', '1'],
    ['Fascicolo', '?'],
  ]);
  return {
    id: readId(parts.one('Identificatore')),
    subject: parts.text('Oggetto'),
    classification: readClassification(parts.one('Classifica')),
  };
}

function readBody(node: Node): Correspondent {
  const body = sequence(node, [['Amministrazione', '1']]).one('Amministrazione');
  const parts = sequence(body, [
    ['DenominazioneAmministrazione', '1'],
    ['CFAmministrazione', '?'],
    ['CodiceIPAAmministrazione', '1'],
    ['ContattiAmministrazione', '?'],
    ['CodiceIPAAOO', '?'],
    ['ContattiAOO', '?'],
    ['CodiceIPAUO', '?'],
    ['ContattiUO', '?'],
    ['PersonaFisica', '*'],
  ]);
  const contacts = parts.maybe('ContattiAmministrazione');
  return {
    name: parts.text('DenominazioneAmministrazione'),
    ipa: shaped(parts.text('CodiceIPAAmministrazione'), CODE, 'IPA code'),
    ...parts.textAs('aoo', 'CodiceIPAAOO'),
    ...parts.textAs('office', 'CodiceIPAUO'),
    ...(contacts === undefined ? {} : mailOf(contacts)),
  };
}

function mailOf(contacts: Node): { readonly pec?: string } {
  const [address] = sequence(contacts, [
    ['IndirizzoPostale', '*'],
    ['IndirizzoTelematico', '*'],
    ['Telefono', '*'],
  ])
    .all('IndirizzoTelematico')
    .filter(({ attributes }) => (attributes.get(`{${PROT_NAMESPACE}}tipo`) ?? 'smtp') === 'smtp');
  return address === undefined ? {} : { pec: textOf(address) };
}

function readRecipient(node: Node): Recipient {
  return {
    ...readBody(node),
    confirms: flag(node, 'confermaRicezione', true),
    informed: flag(node, 'perConoscenza', false),
  };
}

/** xs:boolean with the default of the XSD. */
function flag(node: Node, name: string, absent: boolean): boolean {
  const value = node.attributes.get(`{${PROT_NAMESPACE}}${name}`);
  if (value === undefined) return absent;
  return shaped(value, /^(true|false|1|0)$/, 'boolean') === 'true' || value === '1';
}

function readDocument(node: Node): MessageDocument {
  const parts = sequence(node, [
    ['Descrizione', '?'],
    ['Impronta', '1'],
    ['CollocazioneTelematica', '?'],
    ['firmatoDigitalmente', '?'],
    ['sigillatoElettronicamente', '?'],
    ['marcaturaTemporale', '?'],
  ]);
  const digest = parts.one('Impronta');
  if ((digest.attributes.get(`{${PROT_NAMESPACE}}algoritmo`) ?? 'SHA-256') !== 'SHA-256')
    invalid('an Impronta is not of SHA-256');
  return {
    fileName: attributeOf(node, `{${PROT_NAMESPACE}}nomeFile`),
    mediaType: attributeOf(node, `{${PROT_NAMESPACE}}mimeType`),
    digest: shaped(textOf(digest), DIGEST, 'SHA-256 in base64'),
    ...parts.textAs('description', 'Descrizione'),
  };
}
