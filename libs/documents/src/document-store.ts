import type { DocumentId, IpaCode, PracticeId, Sha256 } from '#contracts';

/** Where a document belongs: to one practice (owner, uuid), and to no other. */
export interface DocumentKey {
  readonly owner: IpaCode;
  readonly practice: PracticeId;
  readonly document: DocumentId;
}

/** What the store knows of a document. Salt, plain digest and name die with the document. */
export interface StoredDocument {
  /** Bytes of content. */
  readonly size: number;
  readonly sha256: Sha256;
  /** SHA-256 over salt and content: how an event names the document. */
  readonly saltedDigest: Sha256;
  /** 32 random bytes. */
  readonly salt: Buffer;
  /** File name for people, cleaned; null if none was given. */
  readonly name: string | null;
}

/** Bytes `start` to `end`, both included, from 0. Absent: from the first, to the last. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

export interface PutOptions {
  /** More bytes than this stop the stream with `DOCUMENT_TOO_LARGE`. */
  readonly maxBytes: number;
  /** 32 bytes; drawn from the id source unless given. */
  readonly salt?: Buffer;
  readonly name?: string | null;
}

/** A document as an event names it. */
export interface ExpectedDocument {
  /** Bytes. */
  readonly size: number;
  readonly saltedDigest: Sha256;
  /** What is there under its id is damaged, and gives way to it. */
  readonly replace?: boolean;
}

/** A document that is arriving, perhaps over several days. Belongs to one caller until closed. */
export interface PartialDocument {
  /** Bytes held: where the next `append` goes, and the first byte to ask for. */
  readonly offset: number;
  /** Salt of the bytes held; null before the first `begin`. */
  readonly salt: Buffer | null;
  /** Forgets what is held and starts at offset 0 with this salt and file name. */
  begin(salt: Buffer, name: string | null): Promise<void>;
  /** @throws HubError `DOCUMENT_TOO_LARGE` beyond the expected size; `DISK_FULL` */
  append(bytes: Buffer): Promise<void>;
  /** Forgets what is held. */
  reset(): Promise<void>;
  /**
   * Checks size and salted digest and makes the document readable. If the same content is there already, that is
   * success too.
   *
   * @throws HubError `DOCUMENT_DIGEST_MISMATCH` (what was held is gone), `DOCUMENT_EXISTS` (other content has this id)
   */
  complete(): Promise<StoredDocument>;
  /** Keeps whole chunks for a later `resume`; harmless after `complete`. */
  close(): Promise<void>;
}

/** Where a node keeps the bytes of documents. Every failure is a HubError. */
export interface DocumentStore {
  /**
   * Stores a stream. Nothing is readable before the whole of it is on disk. An error of the stream itself passes
   * through unchanged.
   *
   * @throws HubError `DOCUMENT_TOO_LARGE`, `DOCUMENT_EXISTS`, `DISK_FULL`, `DOCUMENT_STORE_FAILED`
   */
  put(key: DocumentKey, content: AsyncIterable<Buffer>, options: PutOptions): Promise<StoredDocument>;
  /**
   * @throws HubError `DOCUMENT_NOT_FOUND`, `DOCUMENT_CORRUPT`, `DOCUMENT_KEY_MISSING`; `DOCUMENT_DESTROYED` when its key
   *   was destroyed
   */
  stat(key: DocumentKey): Promise<StoredDocument>;
  has(key: DocumentKey): Promise<boolean>;
  /**
   * The content, or a range of it, without reading the rest. The file is opened at the first step, where
   * `DOCUMENT_RANGE_UNSATISFIABLE` and what `stat` throws are thrown. Of a sealed document nothing is given before it is
   * proved; a chunk that is not as it was sealed ends it with `DOCUMENT_CORRUPT`.
   */
  open(key: DocumentKey, range?: ByteRange): AsyncIterable<Buffer>;
  /** Deletes the document and what is held of it. False if there was nothing. */
  delete(key: DocumentKey): Promise<boolean>;
  /**
   * Whether the document is here with this salted digest, to the last byte: all of it is read.
   *
   * @throws HubError `DOCUMENT_STORE_FAILED`
   */
  isIntact(key: DocumentKey, saltedDigest: Sha256): Promise<boolean>;
  /**
   * Deletes what is here of a practice and was sealed with a key that is destroyed, or not at all; of documents that are
   * arriving, too. What came since, under another key, stays.
   *
   * @returns how many files
   */
  deleteDestroyed(practice: Pick<DocumentKey, 'owner' | 'practice'>): Promise<number>;
  /**
   * Seals a document that a store from before holds in the clear. It is readable all the time, and one or the other
   * whenever the process dies.
   *
   * @returns bytes of its content; null if it is sealed already, or is gone
   * @throws HubError `DISK_FULL`, `DOCUMENT_CORRUPT`: then it is as it was
   */
  seal(key: DocumentKey): Promise<number | null>;
  /** Opens, or goes on with, the arrival of a document that an event names. */
  resume(key: DocumentKey, expected: ExpectedDocument): Promise<PartialDocument>;
  /** Every stored document, in no order: for the node to find those that no practice names. */
  keys(): AsyncIterable<DocumentKey>;
}
