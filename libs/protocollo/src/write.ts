/**
 * Writes AgID's XML in exclusive canonical form. Attributes of these schemas are namespace-qualified
 * (attributeFormDefault), so the segnatura has a prefix throughout; in the messages, whose namespace is another, each
 * element of a registration declares `prot` for itself, as exclusive canonicalization asks.
 */
import { xmlAttribute, xmlElement, xmlText } from '#contracts';
import type {
  Classification,
  Correspondent,
  MessageDocument,
  ProtocolId,
  ProtocolMessage,
  Segnatura,
} from './model.ts';
import { PEC_NAMESPACE, PROT_NAMESPACE, SEGNATURA_LANGUAGE, SEGNATURA_VERSION } from './names.ts';

/** What XML 1.0 cannot carry: a file name may hold it, and must not keep a filing out. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function prot(name: string, content: string, attributes = ''): string {
  return xmlElement(`prot:${name}`, attributes, content);
}

/** An element with text; nothing for a part that is absent. */
function leaf(name: string, value: string | undefined, attributes = ''): string {
  return value === undefined ? '' : prot(name, safe(value), attributes);
}

function safe(value: string): string {
  return xmlText(value.replace(NOT_XML, '\uFFFD'));
}

function safeAttribute(name: string, value: string): string {
  return xmlAttribute(name, value.replace(NOT_XML, '\uFFFD'));
}

/** The unsigned bytes, UTF-8, ready to be signed: the signature becomes the root's last child, as the XSD asks. */
export function writeSegnatura(segnatura: Segnatura): Buffer {
  const { id, first, subject, classification, file, answers } = segnatura;
  const header =
    prot('Identificatore', idParts(id)) +
    (first === null ? '' : prot('PrimaRegistrazione', idParts(first))) +
    leaf('Oggetto', subject) +
    writeClassification(classification) +
    (file === null
      ? ''
      : prot('Fascicolo', leaf('Denominazione', file.name) + leaf('CodiceFascicolo', file.code)));
  const earlier =
    answers === null
      ? ''
      : prot(
          'Riferimenti',
          prot('Identificatore', idParts(answers.id)) +
            leaf('Oggetto', answers.subject) +
            writeClassification(answers.classification),
        );
  const root = ` xmlns:prot="${PROT_NAMESPACE}" prot:lang="${SEGNATURA_LANGUAGE}" prot:versione="${SEGNATURA_VERSION}"`;
  return Buffer.from(
    prot(
      'SegnaturaInformatica',
      prot('Intestazione', header) + earlier + prot('Descrizione', description(segnatura)),
      root,
    ),
  );
}

function description({ sender, recipients, primary, attachments }: Segnatura): string {
  return (
    prot('Mittente', writeBody(sender)) +
    recipients
      .map((recipient) =>
        prot(
          'Destinatario',
          writeBody(recipient),
          xmlAttribute('prot:confermaRicezione', recipient.confirms) +
            xmlAttribute('prot:perConoscenza', recipient.informed),
        ),
      )
      .join('') +
    writeDocument('DocumentoPrimario', primary) +
    attachments.map((attachment) => writeDocument('Allegato', attachment)).join('')
  );
}

/** @param namespace to declare on each element, where no ancestor has done it */
function idParts(id: ProtocolId, namespace = ''): string {
  return (
    leaf('CodiceAmministrazione', id.body, namespace) +
    leaf('CodiceAOO', id.aoo, namespace) +
    leaf('CodiceRegistro', id.register, namespace) +
    leaf('NumeroRegistrazione', id.number, namespace) +
    leaf('DataRegistrazione', id.date, namespace) +
    leaf('OraRegistrazione', id.time, namespace)
  );
}

function writeClassification({ name, code }: Classification): string {
  return prot('Classifica', leaf('Denominazione', name) + leaf('CodiceFlat', code));
}

function writeBody({ name, ipa, aoo, office, pec }: Correspondent): string {
  const contacts =
    pec === undefined
      ? ''
      : prot('ContattiAmministrazione', leaf('IndirizzoTelematico', pec, xmlAttribute('prot:tipo', 'smtp')));
  return prot(
    'Amministrazione',
    leaf('DenominazioneAmministrazione', name) +
      leaf('CodiceIPAAmministrazione', ipa) +
      contacts +
      leaf('CodiceIPAAOO', aoo) +
      leaf('CodiceIPAUO', office),
  );
}

function writeDocument(name: 'DocumentoPrimario' | 'Allegato', document: MessageDocument): string {
  return prot(
    name,
    leaf('Descrizione', document.description) +
      leaf('Impronta', document.digest, xmlAttribute('prot:algoritmo', 'SHA-256')),
    safeAttribute('prot:mimeType', document.mediaType) + safeAttribute('prot:nomeFile', document.fileName),
  );
}

const DECLARED = ` xmlns:prot="${PROT_NAMESPACE}"`;

/** A message of the confirmation exchange (pec_message.xsd): not signed by itself, it follows from a signed receipt. */
export function writeProtocolMessage(message: ProtocolMessage): Buffer {
  const root = ` xmlns:pec="${PEC_NAMESPACE}" pec:lang="${SEGNATURA_LANGUAGE}" pec:versione="${SEGNATURA_VERSION}"`;
  return Buffer.from(pec(message.kind, messageParts(message), root));
}

function messageParts(message: ProtocolMessage): string {
  const own = message.id === null ? '' : pec('Identificatore', idParts(message.id, DECLARED));
  if (message.kind === 'AnnullamentoProtocollazione')
    return own + pec('Motivo', safe(message.reason)) + pec('Provvedimento', safe(message.act));
  const received = pec(
    'MessaggioRicevuto',
    'id' in message.received
      ? pec('Identificatore', idParts(message.received.id, DECLARED))
      : pec('DescrizioneMessaggio', safe(message.received.description)),
  );
  return own + received + (message.kind === 'NotificaEccezione' ? pec('Motivo', safe(message.reason)) : '');
}

function pec(name: string, content: string, attributes = ''): string {
  return xmlElement(`pec:${name}`, attributes, content);
}
