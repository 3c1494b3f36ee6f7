import type { ErrorPolicy } from '../policy.ts';
import { CERTIFICATE_CODES } from './certificates.ts';
import { LOG_CODES } from './log.ts';

/** Codes of `libs/evidence` and `libs/tlog`. Those below: what is wrong with a signed document itself. */
export const EVIDENCE_CODES = {
  ...CERTIFICATE_CODES,
  ...LOG_CODES,
  VERIFIER_FAILED: {
    http: 503,
    disposition: 'retry',
    it: 'La verifica delle firme non è al momento possibile.',
    en: 'Signatures cannot be verified at the moment.',
    remedy: {
      it: 'Nessuna azione: si riprova da sé. Se dura, controllare la memoria del nodo e il suo registro di log.',
      en: 'None: it is tried again. If it lasts, look at the node’s memory and its log.',
    },
  },
  SIGNED_DOCUMENT_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il documento firmato supera la dimensione ammessa.',
    en: 'The signed document is larger than allowed.',
    remedy: {
      it: 'Ridurre il documento: gli allegati viaggiano come documenti, oltre 500 tramite manifesto.',
      en: 'Make the document smaller: attachments travel as documents, more than 500 through a manifest.',
    },
  },
  ENCODING_NOT_UTF8: {
    http: 400,
    disposition: 'park',
    it: 'Il documento non è in UTF-8 senza BOM.',
    en: 'The document is not UTF-8 without a byte order mark.',
    remedy: {
      it: 'Scrivere il documento in UTF-8, senza BOM e senza caratteri NUL.',
      en: 'Write the document as UTF-8, without a byte order mark and without NUL.',
    },
  },
  DTD_FORBIDDEN: {
    http: 400,
    disposition: 'park',
    it: 'Il documento contiene una dichiarazione di tipo (DOCTYPE).',
    en: 'The document holds a document type declaration.',
    remedy: { it: 'Togliere DOCTYPE ed entità.', en: 'Remove the DOCTYPE and its entities.' },
  },
  PROCESSING_INSTRUCTION_FORBIDDEN: {
    http: 400,
    disposition: 'park',
    it: "Il documento contiene un'istruzione di elaborazione o la dichiarazione XML.",
    en: 'The document holds a processing instruction or an XML declaration.',
    remedy: {
      it: 'Scrivere il documento in forma canonica, senza istruzioni di elaborazione.',
      en: 'Write the document in canonical form, without processing instructions.',
    },
  },
  COMMENT_FORBIDDEN: {
    http: 400,
    disposition: 'park',
    it: 'Il documento contiene un commento.',
    en: 'The document holds a comment.',
    remedy: { it: 'Togliere i commenti prima di firmare.', en: 'Remove comments before signing.' },
  },
  CDATA_FORBIDDEN: {
    http: 400,
    disposition: 'park',
    it: 'Il documento contiene una sezione CDATA.',
    en: 'The document holds a CDATA section.',
    remedy: {
      it: 'Scrivere il testo con i caratteri di escape, in forma canonica.',
      en: 'Write the text escaped, in canonical form.',
    },
  },
  SIGNED_DOCUMENT_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il documento non è XML ben formato.',
    en: 'The document is not well-formed XML.',
    remedy: {
      it: 'Correggere il documento nel punto indicato.',
      en: 'Mend the document at the place named.',
    },
  },
  MARKUP_EXCESSIVE: {
    http: 400,
    disposition: 'park',
    it: 'Il documento ha più elementi, attributi o dichiarazioni di namespace di quanti sono ammessi.',
    en: 'The document has more elements, attributes or namespace declarations than allowed.',
    remedy: {
      it: 'Usare gli schemi pubblicati: nessun elemento ha più di 64 attributi.',
      en: 'Follow the published schemas: no element has more than 64 attributes.',
    },
  },
  NESTING_TOO_DEEP: {
    http: 400,
    disposition: 'park',
    it: 'Gli elementi del documento sono annidati troppo in profondità.',
    en: "The document's elements are nested too deeply.",
    remedy: {
      it: 'Usare gli schemi pubblicati, che non superano pochi livelli.',
      en: 'Follow the published schemas, which are only a few levels deep.',
    },
  },
  NOT_CANONICAL: {
    http: 400,
    disposition: 'park',
    it: 'Il documento non è in forma canonica esclusiva.',
    en: 'The document is not in exclusive canonical form.',
    remedy: {
      it: 'Spedire i byte prodotti dalla canonicalizzazione XML esclusiva.',
      en: 'Send the bytes that exclusive XML canonicalization gives.',
    },
  },
  SIGNATURE_MISSING: {
    http: 400,
    disposition: 'park',
    it: 'Il documento non è firmato.',
    en: 'The document is not signed.',
    remedy: {
      it: 'Firmare il documento secondo il profilo di firma (contracts/signature-profile.md).',
      en: 'Sign the document as the signature profile says (contracts/signature-profile.md).',
    },
  },
  SIGNATURE_MULTIPLE: {
    http: 400,
    disposition: 'park',
    it: 'Il documento contiene più di una firma.',
    en: 'The document holds more than one signature.',
    remedy: {
      it: 'Lasciare una sola firma, ultimo elemento della radice.',
      en: 'Leave one signature, the last child of the root.',
    },
  },
  SIGNATURE_MISPLACED: {
    http: 400,
    disposition: 'park',
    it: "La firma non è l'ultimo elemento della radice.",
    en: 'The signature is not the last child of the root.',
    remedy: {
      it: 'Porre la firma come ultimo elemento della radice.',
      en: 'Put the signature as the last child of the root.',
    },
  },
  SIGNATURE_SHAPE: {
    http: 400,
    disposition: 'park',
    it: 'La firma non ha la struttura prescritta dal profilo.',
    en: 'The signature does not have the structure that the profile prescribes.',
    remedy: {
      it: 'Produrre la firma esattamente come in contracts/signature-profile.md.',
      en: 'Produce the signature exactly as in contracts/signature-profile.md.',
    },
  },
  SIGNATURE_ID_DUPLICATE: {
    http: 400,
    disposition: 'park',
    it: 'Un identificatore della firma compare anche altrove nel documento.',
    en: 'An identifier of the signature also appears elsewhere in the document.',
    remedy: {
      it: 'Non usare nel documento gli identificatori riservati alla firma.',
      en: "Do not use the signature's identifiers elsewhere in the document.",
    },
  },
  SIGNATURE_ALGORITHM_FORBIDDEN: {
    http: 400,
    disposition: 'park',
    it: "L'algoritmo di firma non è ammesso.",
    en: "The signature's algorithm is not allowed.",
    remedy: {
      it: 'Firmare con ECDSA P-256 e SHA-256, ECDSA P-384 e SHA-384 o RSA 2048–4096 e SHA-256.',
      en: 'Sign with ECDSA P-256 and SHA-256, ECDSA P-384 and SHA-384, or RSA 2048–4096 and SHA-256.',
    },
  },
  SIGNATURE_ENCODING: {
    http: 400,
    disposition: 'park',
    it: 'Il valore della firma non ha la forma e la lunghezza del suo algoritmo.',
    en: 'The signature value does not have the form and length of its algorithm.',
    remedy: {
      it: 'ECDSA: scrivere r e s di seguito, a lunghezza piena, e non la forma DER. RSA: tanti byte quanti il modulo.',
      en: 'ECDSA: write r and s one after the other, at full length, not the DER form. RSA: as many bytes as the modulus.',
    },
  },
  SIGNATURE_NOT_LOW_S: {
    http: 400,
    disposition: 'park',
    it: 'Il valore s della firma non è nella metà bassa.',
    en: "The signature's s value is not in the lower half.",
    remedy: { it: 'Sostituire s con n − s prima di spedire.', en: 'Replace s by n − s before sending.' },
  },
  BASE64_NOT_STRICT: {
    http: 400,
    disposition: 'park',
    it: 'Un valore base64 non è nella sua forma unica.',
    en: 'A base64 value is not in its one strict form.',
    remedy: {
      it: 'Scrivere base64 standard, con padding e senza spazi o interruzioni.',
      en: 'Write standard base64, padded and unbroken.',
    },
  },
  REFERENCE_DIGEST_MISMATCH: {
    http: 400,
    disposition: 'park',
    it: 'Il contenuto non corrisponde alla firma: è stato alterato.',
    en: 'The content does not match the signature: it was altered.',
    remedy: {
      it: "Chiedere all'autore di rispedire l'originale.",
      en: 'Ask the author to send the original again.',
    },
  },
  SIGNED_PROPERTIES_DIGEST_MISMATCH: {
    http: 400,
    disposition: 'park',
    it: 'Le proprietà firmate non corrispondono alla firma: sono state alterate.',
    en: 'The signed properties do not match the signature: they were altered.',
    remedy: {
      it: "Chiedere all'autore di rispedire l'originale.",
      en: 'Ask the author to send the original again.',
    },
  },
  SIGNATURE_INVALID: {
    http: 400,
    disposition: 'park',
    it: 'La firma non è valida per il certificato che porta.',
    en: 'The signature does not verify with the certificate it carries.',
    remedy: {
      it: "Chiedere all'autore di rispedire l'originale.",
      en: 'Ask the author to send the original again.',
    },
  },
  SIGNING_TIME_INVALID: {
    http: 400,
    disposition: 'park',
    it: "L'ora della firma non è nella forma prescritta.",
    en: 'The signing time does not have the prescribed form.',
    remedy: {
      it: "Scrivere l'ora in UTC, AAAA-MM-GGThh:mm:ss.mmmZ.",
      en: 'Write the time in UTC, YYYY-MM-DDThh:mm:ss.mmmZ.',
    },
  },
  SIGNING_TIME_IN_FUTURE: {
    http: 425,
    disposition: 'retry',
    it: "L'ora della firma è oltre 15 minuti avanti rispetto all'arrivo.",
    en: 'The signing time is more than 15 minutes ahead of arrival.',
    remedy: { it: "Correggere l'orologio di chi firma.", en: "Set the signer's clock right." },
  },
  UNSIGNED_DOCUMENT_UNSUITABLE: {
    http: 500,
    disposition: 'park',
    it: 'Il documento da firmare non è nella forma attesa.',
    en: 'The document to sign is not in the expected form.',
    remedy: {
      it: 'Produrre il documento con gli strumenti del progetto, in forma canonica.',
      en: "Produce the document with the project's serializers, in canonical form.",
    },
  },
  SIGNED_ITEM_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: "L'elemento firmato in lotto non ha la struttura prescritta.",
    en: 'The batch-signed item does not have the prescribed structure.',
    remedy: {
      it: 'Rispedire i byte come sono stati prodotti.',
      en: 'Send the bytes again as they were produced.',
    },
  },
  BATCH_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il documento di lotto non ha la struttura prescritta.',
    en: 'The batch document does not have the prescribed structure.',
    remedy: {
      it: 'Produrre il lotto secondo il profilo di firma.',
      en: 'Produce the batch as the signature profile says.',
    },
  },
  BATCH_KIND_WRONG: {
    http: 400,
    disposition: 'park',
    it: 'Il lotto firma un altro tipo di documenti.',
    en: 'The batch signs another kind of document.',
    remedy: {
      it: "Spedire l'elemento sul canale del suo tipo.",
      en: 'Send the item where its kind belongs.',
    },
  },
  BATCH_ITEM_NOT_INCLUDED: {
    http: 400,
    disposition: 'park',
    it: "L'elemento non è nel lotto firmato.",
    en: 'The item is not in the signed batch.',
    remedy: {
      it: "Chiedere all'autore di rispedire l'originale.",
      en: 'Ask the author to send the original again.',
    },
  },
  MANIFEST_OF_ANOTHER_EVENT: {
    http: 422,
    disposition: 'park',
    it: 'Il manifesto dei documenti è di un altro evento o di un’altra pratica.',
    en: 'The manifest of documents belongs to another event or practice.',
    remedy: {
      it: "Chiedere all'autore di annullare l'evento e di ripeterlo con il suo manifesto.",
      en: 'Ask the author to void the event and to issue it again with its own manifest.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
