import type { ErrorPolicy } from '../policy.ts';

const ASK_THE_SIGNER = {
  it: 'Chiedere a chi ha firmato di inviare di nuovo il file, firmato con un programma aggiornato.',
  en: 'Ask the signer to send the file again, signed with up-to-date software.',
};
const CHECK_ELSEWHERE = {
  it: 'Verificare la firma con uno strumento di verifica che conosca questo formato.',
  en: 'Verify the signature with a verification tool that knows this format.',
};

/**
 * Codes of `libs/signed-uploads`: what is found of the signatures of citizens and professionals. They stand in reports;
 * none of them refuses a filing.
 */
export const UPLOADS_CODES = {
  UPLOAD_SIGNATURE_MALFORMED: {
    http: 422,
    disposition: 'park',
    it: 'La firma nel file è troncata o non ha la struttura del suo formato.',
    en: 'The signature in the file is cut off, or does not have the structure of its format.',
    remedy: ASK_THE_SIGNER,
  },
  UPLOAD_BYTE_RANGE_INVALID: {
    http: 422,
    disposition: 'park',
    it: 'La firma del PDF non dichiara in modo lecito quali byte copre.',
    en: 'The signature of the PDF does not state soundly which bytes it covers.',
    remedy: ASK_THE_SIGNER,
  },
  UPLOAD_SIGNED_ATTRIBUTE_MISSING: {
    http: 422,
    disposition: 'park',
    it: 'La firma non contiene gli attributi firmati obbligatori (tipo e impronta del contenuto).',
    en: 'The signature lacks the signed attributes that it must have (content type and message digest).',
    remedy: ASK_THE_SIGNER,
  },
  UPLOAD_ALGORITHM_WEAK: {
    http: 422,
    disposition: 'park',
    it: 'La firma usa un algoritmo o una chiave che non protegge più (SHA-1, MD5, RSA sotto 2048 bit).',
    en: 'The signature uses an algorithm or key that no longer protects (SHA-1, MD5, RSA below 2048 bits).',
    remedy: {
      it: 'Firmare di nuovo con SHA-256 o superiore.',
      en: 'Sign again with SHA-256 or better.',
    },
  },
  UPLOAD_CHANGED_AFTER_SIGNING: {
    http: 422,
    disposition: 'park',
    it: "Dopo l'ultima firma sono stati aggiunti byte: la firma non copre il file intero.",
    en: 'Bytes were added after the last signature: it does not cover the whole file.',
    remedy: {
      it: 'Guardare la versione firmata, che è contenuta nel file, o chiedere il file originale.',
      en: 'Look at the signed revision, which the file contains, or ask for the original file.',
    },
  },
  UPLOAD_FORMAT_NOT_CHECKED: {
    http: 422,
    disposition: 'park',
    it: 'Il file contiene una firma di un tipo che questo software riconosce e non verifica.',
    en: 'The file holds a signature of a kind that this software recognises and does not check.',
    remedy: CHECK_ELSEWHERE,
  },
  UPLOAD_ALGORITHM_NOT_CHECKED: {
    http: 422,
    disposition: 'park',
    it: 'La firma usa un algoritmo che questo software non verifica.',
    en: 'The signature uses an algorithm that this software does not check.',
    remedy: CHECK_ELSEWHERE,
  },
  UPLOAD_SIGNED_CONTENT_ABSENT: {
    http: 422,
    disposition: 'park',
    it: 'La firma è separata dal documento che firma: senza di esso non si può verificare.',
    en: 'The signature is detached from the document that it signs, and cannot be checked without it.',
    remedy: CHECK_ELSEWHERE,
  },
  UPLOAD_SIGNER_CERTIFICATE_ABSENT: {
    http: 422,
    disposition: 'park',
    it: 'La firma non porta il certificato di chi ha firmato.',
    en: "The signature does not carry its signer's certificate.",
    remedy: ASK_THE_SIGNER,
  },
  UPLOAD_TRUST_LIST_ABSENT: {
    http: 422,
    disposition: 'park',
    it: 'Nessuna autorità di certificazione attendibile è configurata: il certificato non è stato ricondotto a nessuna.',
    en: 'No trusted certification authority is configured: the certificate was not traced back to any.',
    remedy: {
      it: 'Configurare DOCUMENT_TRUST_ANCHORS, o verificare il certificato sull’elenco di fiducia europeo.',
      en: 'Configure DOCUMENT_TRUST_ANCHORS, or verify the certificate against the EU trusted list.',
    },
  },
  UPLOAD_CHECK_LIMIT: {
    http: 413,
    disposition: 'park',
    it: 'Il file supera i limiti entro i quali le firme vengono verificate.',
    en: 'The file is beyond the limits within which signatures are checked.',
    remedy: CHECK_ELSEWHERE,
  },
  UPLOAD_CHECK_FAILED: {
    http: 500,
    disposition: 'retry',
    it: 'La verifica delle firme del file non è arrivata in fondo.',
    en: 'The check of the file’s signatures did not come to its end.',
    remedy: CHECK_ELSEWHERE,
  },
  TRUST_ANCHOR_UNREADABLE: {
    http: 500,
    disposition: 'park',
    it: 'La cartella delle autorità di certificazione attendibili contiene un file che non lo è.',
    en: 'The folder of trusted certification authorities holds a file that is none.',
    remedy: {
      it: 'Tenere nella cartella solo certificati di CA in PEM (.pem, .crt).',
      en: 'Keep nothing in the folder but certificates of CAs in PEM (.pem, .crt).',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
