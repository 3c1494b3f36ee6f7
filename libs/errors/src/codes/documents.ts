import type { ErrorPolicy } from '../policy.ts';

const ASK_THE_NODE = {
  it: 'Nessuna azione: il nodo riprova da solo. Se dura, avvisare il gestore del nodo indicato.',
  en: 'Nothing: the node tries again by itself. If it lasts, tell the operator of the node named.',
};

/** Codes of `libs/documents`: the store, the exchange between nodes, the upload of a filing. */
export const DOCUMENTS_CODES = {
  DOCUMENT_NOT_FOUND: {
    http: 404,
    disposition: 'retry',
    it: 'Il documento non è in questo nodo.',
    en: 'The document is not at this node.',
    remedy: {
      it: 'Verificare pratica e documento; se il documento è in arrivo, riprovare più tardi.',
      en: 'Check practice and document; if the document is on its way, try again later.',
    },
  },
  DOCUMENT_EXISTS: {
    http: 409,
    disposition: 'park',
    it: 'La pratica ha già un documento con questo identificativo.',
    en: 'The practice already has a document with this id.',
    remedy: { it: 'Usare un nuovo identificativo.', en: 'Use a new id.' },
  },
  DOCUMENT_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Il documento supera la dimensione ammessa.',
    en: 'The document is larger than allowed.',
    remedy: {
      it: 'Ridurre il file, o chiedere al gestore di alzare il limite.',
      en: 'Make the file smaller, or ask the operator to raise the limit.',
    },
  },
  DOCUMENT_DIGEST_MISMATCH: {
    http: 422,
    disposition: 'retry',
    it: "Il contenuto del documento non corrisponde all'impronta dichiarata.",
    en: "The document's content does not match the digest that names it.",
    remedy: {
      it: 'Inviare di nuovo il file originale; un contenuto diverso non viene mai conservato.',
      en: 'Send the original file again; other content is never kept.',
    },
  },
  DOCUMENT_SALT_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il sale di un documento deve essere di 32 byte.',
    en: "A document's salt must be 32 bytes.",
    remedy: { it: 'Inviare il sale originale del documento.', en: "Send the document's original salt." },
  },
  DOCUMENT_LOST: {
    http: 503,
    disposition: 'retry',
    it: 'Il documento non è più sul disco di questo nodo, o non è più integro: lo si sta riprendendo da chi lo ha ricevuto.',
    en: 'The document is no longer on this node’s disk, or not whole: it is being fetched back from who received it.',
    remedy: {
      it: 'Riprovare più tardi; se /health lo segnala ancora, ripristinare la cartella dei documenti da una copia.',
      en: 'Try again later; if /health still says so, restore the folder of documents from a copy.',
    },
  },
  DOCUMENT_CORRUPT: {
    http: 500,
    disposition: 'retry',
    it: 'Il file conservato è danneggiato o scritto da una versione più recente.',
    en: 'The stored file is damaged, or was written by a newer version.',
    remedy: {
      it: 'Ripristinare il file da una copia o cancellarlo perché venga scaricato di nuovo.',
      en: 'Restore the file from a copy, or delete it so that it is fetched again.',
    },
  },
  DOCUMENT_DESTROYED: {
    http: 410,
    disposition: 'park',
    it: 'Il documento è stato scartato: la sua chiave è stata distrutta al termine del periodo di conservazione.',
    en: 'The document was disposed of: its key was destroyed at the end of its retention period.',
    remedy: {
      it: 'Nessuna: il contenuto non esiste più in questo nodo. Eventi, ricevute e prove restano verificabili.',
      en: 'None: its content exists no more at this node. Events, receipts and proofs can still be verified.',
    },
  },
  DOCUMENT_KEY_MISSING: {
    http: 503,
    disposition: 'retry',
    it: 'La chiave con cui il documento è cifrato non si trova in questo nodo.',
    en: 'The key under which the document is sealed is not at this node.',
    remedy: {
      it: 'Controllare DOCUMENT_KEYS_DIR e DOCUMENT_KEY_FILE; se la cartella delle chiavi è perduta, ripristinarla dalla copia.',
      en: 'Check DOCUMENT_KEYS_DIR and DOCUMENT_KEY_FILE; if the folder of keys is lost, restore it from its copy.',
    },
  },
  DOCUMENT_KEYS_ELSEWHERE: {
    http: 503,
    disposition: 'retry',
    it: 'La cartella delle chiavi non è quella con cui questo archivio di documenti è cifrato.',
    en: 'The folder of keys is not the one under which this store of documents is sealed.',
    remedy: {
      it: 'Montare la cartella indicata da DOCUMENT_KEYS_DIR, o ripristinarla dalla copia (docs/restore.md).',
      en: 'Mount the folder that DOCUMENT_KEYS_DIR names, or restore it from its copy (docs/restore.md).',
    },
  },
  MASTER_KEY_UNUSABLE: {
    http: 500,
    disposition: 'retry',
    it: 'La chiave principale del nodo, che protegge le chiavi delle pratiche, non è utilizzabile.',
    en: 'The node’s master key, which protects the keys of practices, cannot be used.',
    remedy: {
      it: 'DOCUMENT_KEY_FILE deve contenere 32 byte casuali in base64 per riga, con permessi 0600: `openssl rand -base64 32`.',
      en: 'DOCUMENT_KEY_FILE has to hold 32 random bytes in base64 on each line, with mode 0600: `openssl rand -base64 32`.',
    },
  },
  DOCUMENT_STORE_FAILED: {
    http: 500,
    disposition: 'retry',
    it: "L'archivio dei documenti non risponde.",
    en: 'The document store does not answer.',
    remedy: {
      it: "Controllare disco e permessi della cartella dell'archivio.",
      en: "Check the disk and the permissions of the store's folder.",
    },
  },
  DISK_FULL: {
    http: 507,
    disposition: 'retry',
    it: "Il disco dell'archivio è pieno: niente è stato conservato.",
    en: "The store's disk is full: nothing was kept.",
    remedy: { it: 'Liberare spazio, poi ripetere la richiesta.', en: 'Make room, then repeat the request.' },
  },
  DOCUMENT_RANGE_UNSATISFIABLE: {
    http: 416,
    disposition: 'park',
    it: "L'intervallo richiesto è fuori dal documento.",
    en: 'The range asked for lies outside the document.',
    remedy: {
      it: 'Chiedere un intervallo entro la dimensione indicata in Content-Range.',
      en: 'Ask for a range within the size given in Content-Range.',
    },
  },
  DOCUMENT_PRECONDITION_FAILED: {
    http: 412,
    disposition: 'park',
    it: 'Il documento conservato ha un’altra impronta da quella richiesta.',
    en: 'The stored document has another digest than the one asked for.',
    remedy: {
      it: "Rileggere l'evento che nomina il documento.",
      en: 'Read again the event that names the document.',
    },
  },
  DOCUMENT_DECISION_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'La richiesta non presenta la decisione che nomina il documento.',
    en: 'The request does not present the decision that names the document.',
    remedy: {
      it: "Inviare nell'intestazione Reset-Hub-Decision la decisione firmata, in base64.",
      en: 'Send the signed decision, in base64, in the header Reset-Hub-Decision.',
    },
  },
  DOCUMENT_SOURCE_AWAY: {
    http: 503,
    disposition: 'retry',
    it: 'Il nodo che ha il documento non risponde.',
    en: 'The node that has the document does not answer.',
    remedy: ASK_THE_NODE,
  },
  DOCUMENT_SOURCE_REFUSED: {
    http: 502,
    disposition: 'retry',
    it: 'Il nodo interpellato non consegna il documento.',
    en: 'The node that was asked does not hand the document over.',
    remedy: ASK_THE_NODE,
  },
  DOCUMENT_SOURCE_INVALID: {
    http: 502,
    disposition: 'retry',
    it: 'Il nodo interpellato risponde fuori dal protocollo o con un certificato non valido.',
    en: 'The node that was asked answers outside the protocol, or with a certificate that is not valid.',
    remedy: ASK_THE_NODE,
  },
  MULTIPART_MALFORMED: {
    http: 400,
    disposition: 'park',
    it: 'Il corpo multipart è interrotto o malformato: niente è stato conservato.',
    en: 'The multipart body is cut off or malformed: nothing was kept.',
    remedy: { it: 'Ripetere la richiesta per intero.', en: 'Repeat the whole request.' },
  },
  TOO_MANY_PARTS: {
    http: 413,
    disposition: 'park',
    it: 'La richiesta ha più parti di quante ne siano ammesse.',
    en: 'The request has more parts than allowed.',
    remedy: {
      it: 'Inviare meno allegati, o elencarli in un documento manifesto.',
      en: 'Send fewer attachments, or list them in a manifest document.',
    },
  },
  FIELD_TOO_LARGE: {
    http: 413,
    disposition: 'park',
    it: 'Un campo della richiesta supera la lunghezza ammessa.',
    en: 'A field of the request is longer than allowed.',
    remedy: {
      it: 'Accorciare il campo, o inviarlo come file.',
      en: 'Shorten the field, or send it as a file.',
    },
  },
} as const satisfies Record<string, ErrorPolicy>;
