import type { ErrorPolicy } from '../policy.ts';

/** Codes of `libs/contracts`. */
export const CONTRACT_CODES = {
  ID_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Un identificativo non ha la forma prescritta.',
    en: 'An identifier does not have the prescribed shape.',
    remedy: { it: 'Correggere il valore indicato.', en: 'Correct the value named in the detail.' },
  },
  EVENT_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'L’evento supera la dimensione ammessa.',
    en: 'The event exceeds the size allowed.',
    remedy: {
      it: 'Nominare meno documenti, gli altri in un documento manifesto firmato.',
      en: 'Name fewer documents, the others in a signed manifest document.',
    },
  },
  EVENT_OVER_BOUNDS: {
    http: 422,
    disposition: 'park',
    it: 'L’evento porta troppi documenti o troppi dati di smistamento.',
    en: 'The event carries too many documents or routing facts.',
    remedy: {
      it: 'Nominare gli altri documenti in un documento manifesto firmato.',
      en: 'Name the other documents in a signed manifest document.',
    },
  },
  XML_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il documento XML supera la dimensione ammessa per il suo tipo.',
    en: 'The XML document exceeds the size allowed for its kind.',
    remedy: {
      it: 'Ridurre il documento entro il limite indicato.',
      en: 'Make the document smaller than the limit named.',
    },
  },
  XML_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il documento non è XML ben formato in UTF-8.',
    en: 'The document is not well-formed XML in UTF-8.',
    remedy: {
      it: 'Correggere il documento alla riga e colonna indicate.',
      en: 'Correct the document at the line and column named.',
    },
  },
  XML_FORBIDDEN_CONSTRUCT: {
    http: 400,
    disposition: 'park',
    it: 'Il documento XML contiene un costrutto vietato.',
    en: 'The XML document holds a forbidden construct.',
    remedy: {
      it: 'Togliere DOCTYPE, entità, commenti, sezioni CDATA, dichiarazioni e istruzioni di elaborazione.',
      en: 'Remove DOCTYPE, entities, comments, CDATA sections, declarations and processing instructions.',
    },
  },
  XML_UNEXPECTED: {
    http: 422,
    disposition: 'park',
    it: 'Il documento XML non ha il contenuto prescritto.',
    en: 'The XML document does not have the prescribed content.',
    remedy: {
      it: 'Produrre il documento secondo lo schema XSD pubblicato.',
      en: 'Write the document as the published XSD prescribes.',
    },
  },
  XML_CHARACTER_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Un testo contiene un carattere che XML non ammette.',
    en: 'A text holds a character that XML does not allow.',
    remedy: {
      it: 'Togliere i caratteri di controllo dal testo.',
      en: 'Remove control characters from the text.',
    },
  },
  XSD_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il documento XML non rispetta lo schema XSD.',
    en: 'The XML document does not follow its XSD.',
    remedy: {
      it: 'Correggere l’elemento indicato (riga, XPath, motivo).',
      en: 'Correct the element named (line, XPath, reason).',
    },
  },
  XSD_UNAVAILABLE: {
    http: 500,
    disposition: 'park',
    it: 'Gli schemi XSD della rete mancano o non si compilano.',
    en: 'The XSDs of the network are missing or do not compile.',
    remedy: {
      it: 'Reinstallare il pacchetto: la cartella contracts/xsd deve essere completa.',
      en: 'Install the package again: the folder contracts/xsd must be complete.',
    },
  },
  HEADER_BODY_MISMATCH: {
    http: 422,
    disposition: 'park',
    it: 'Le intestazioni del messaggio non corrispondono al corpo firmato.',
    en: 'The headers of the record disagree with the signed body.',
    remedy: {
      it: 'Inviare le intestazioni CloudEvents ricavate dall’evento stesso.',
      en: 'Send the CloudEvents headers that follow from the event itself.',
    },
  },
  FORM_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il modulo supera la dimensione ammessa.',
    en: 'The form exceeds the size allowed.',
    remedy: {
      it: 'Ridurre il modulo; inviare gli allegati come documenti distinti.',
      en: 'Make the form smaller; send attachments as documents of their own.',
    },
  },
  FORM_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Il modulo non rispetta il proprio schema.',
    en: 'The form does not follow its schema.',
    remedy: {
      it: 'Correggere gli elementi elencati (riga, XPath, motivo) e presentare di nuovo.',
      en: 'Correct the elements listed (line, XPath, reason) and file again.',
    },
  },
  FORM_SCHEMA_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Lo schema del modulo non si compila.',
    en: 'The schema of the form does not compile.',
    remedy: {
      it: 'Completare o correggere i file dello schema indicati, poi importare di nuovo.',
      en: 'Complete or correct the schema files named, then import again.',
    },
  },
  FORM_FACTS_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'Dal modulo non si ricava un dato necessario allo smistamento.',
    en: 'A fact that routing needs cannot be taken from the form.',
    remedy: {
      it: 'Compilare nel modulo il campo indicato con un valore ammesso.',
      en: 'Fill in the field named with one of the values allowed.',
    },
  },
  FORM_NOT_ACCEPTED: {
    http: 422,
    disposition: 'park',
    it: 'Il procedimento non accetta questo modulo.',
    en: 'The procedure does not accept this form.',
    remedy: {
      it: 'Usare uno dei moduli elencati dal procedimento, nella versione indicata.',
      en: 'Use one of the forms the procedure lists, in the version given.',
    },
  },
  FORM_DOCUMENT_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'Il documento del modulo non è fra i documenti dell’evento.',
    en: 'The document that holds the form is not among the event’s documents.',
    remedy: {
      it: 'Nominare il modulo fra i documenti, con ruolo «form».',
      en: 'Name the form among the documents, with the role “form”.',
    },
  },
  NOT_THE_OWNER: {
    http: 403,
    disposition: 'park',
    it: 'Solo il titolare della pratica può compiere questo atto.',
    en: 'Only the owner of the practice may do this.',
    remedy: {
      it: 'Presentare la pratica a proprio nome, o chiedere al titolare.',
      en: 'File under your own name, or ask the owner.',
    },
  },
  NOT_A_PARTICIPANT: {
    http: 403,
    disposition: 'park',
    it: 'L’ente non partecipa a questa pratica.',
    en: 'The authority does not take part in this practice.',
    remedy: {
      it: 'Verificare i partecipanti elencati nella decisione di presentazione.',
      en: 'Check the participants listed in the decision on the filing.',
    },
  },
  TYPE_NOT_GRANTED: {
    http: 403,
    disposition: 'park',
    it: 'Il procedimento non consente questo atto a chi ha questo ruolo.',
    en: 'The procedure does not grant this act to an authority in this part.',
    remedy: {
      it: 'Usare un atto fra quelli che il procedimento consente al proprio ruolo.',
      en: 'Use one of the acts that the procedure grants to your part.',
    },
  },
  PROCEDURE_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'Il procedimento, in questa versione, non è nel registro.',
    en: 'The registry has no such procedure in this version.',
    remedy: {
      it: 'Usare un procedimento pubblicato; aggiornare la copia del registro.',
      en: 'Use a published procedure; bring the copy of the registry up to date.',
    },
  },
  PRACTICE_UNKNOWN: {
    http: 404,
    disposition: 'park',
    it: 'La pratica non esiste.',
    en: 'There is no such practice.',
    remedy: {
      it: 'Verificare l’identificativo; presentare la pratica prima di ogni altro atto.',
      en: 'Check the identifier; file the practice before any other act.',
    },
  },
  PRACTICE_ALREADY_FILED: {
    http: 409,
    disposition: 'park',
    it: 'La pratica è già stata presentata.',
    en: 'The practice has been filed already.',
    remedy: {
      it: 'Presentare una nuova pratica con un nuovo identificativo.',
      en: 'File a new practice under a new identifier.',
    },
  },
  FACTS_NOT_DECLARED: {
    http: 422,
    disposition: 'park',
    it: 'L’evento porta dati che il procedimento non dichiara, o ne omette.',
    en: 'The event carries facts that the procedure does not declare, or lacks some.',
    remedy: {
      it: 'Riportare solo i dati dichiarati dal modulo del procedimento, con i valori ammessi.',
      en: 'Carry exactly the facts that the procedure’s form declares, with the values allowed.',
    },
  },
  MUNICIPALITY_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'Il codice ISTAT non corrisponde a un Comune del registro.',
    en: 'The ISTAT code is of no municipality in the registry.',
    remedy: {
      it: 'Correggere il codice, o chiedere al gestore del registro di pubblicare il Comune.',
      en: 'Correct the code, or ask the registry to publish the municipality.',
    },
  },
  BODY_UNKNOWN: {
    http: 422,
    disposition: 'park',
    it: 'L’ente non è nel registro.',
    en: 'The registry has no such public body.',
    remedy: {
      it: 'Correggere il codice IPA, o chiedere al gestore del registro di pubblicare l’ente.',
      en: 'Correct the IPA code, or ask the registry to publish the body.',
    },
  },
  POSITION_UNEXPECTED: {
    http: 409,
    disposition: 'hold',
    it: 'L’evento non è il successivo della pratica.',
    en: 'The event is not the next of its practice.',
    remedy: {
      it: 'Attendere gli eventi con posizione precedente.',
      en: 'Wait for the events at the earlier positions.',
    },
  },
  DECISION_MISMATCH: {
    http: 422,
    disposition: 'park',
    it: 'La decisione riguarda un altro evento o un’altra pratica.',
    en: 'The decision is about another event or practice.',
    remedy: {
      it: 'Associare a ogni evento la decisione che ne riporta l’impronta.',
      en: 'Pair each event with the decision that carries its digest.',
    },
  },
  CATALOGUE_INVALID: {
    http: 500,
    disposition: 'park',
    it: 'Il catalogo della rete ha un errore.',
    en: 'The catalogue of the network has a fault.',
    remedy: {
      it: 'Correggere il campo nel file indicato.',
      en: 'Correct the field in the file named.',
    },
  },
  CUI_NOT_OF_OWNER: {
    http: 422,
    disposition: 'park',
    it: 'Il CUI non comincia con il codice IPA dell’ente titolare.',
    en: 'The CUI does not begin with the owner’s IPA code.',
    remedy: { it: 'Ogni ente conia solo i propri CUI.', en: 'Each body mints only its own CUIs.' },
  },
  PRACTICE_DIFFERS: {
    http: 422,
    disposition: 'park',
    it: 'L’atto indica un CUI o un procedimento diversi da quelli della pratica.',
    en: 'The act names another CUI or procedure than its practice has.',
    remedy: {
      it: 'Riportare CUI, procedimento e versione della presentazione.',
      en: 'Carry the CUI, the procedure and the version of the filing.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
