import type { DocumentKey } from '../document-store.ts';

/** A practice as its keys know it: in whatever case its owner is written. */
export type KeyedPractice = Pick<DocumentKey, 'owner' | 'practice'>;

/** A key of one practice, under which its documents are sealed. */
export interface PracticeKey {
  /** 16 random bytes. */
  readonly id: Buffer;
  /** 32 random bytes. */
  readonly key: Buffer;
}

/** The keys of practices, as the store of documents asks for them. */
export interface PracticeKeys {
  /**
   * The name of this collection of keys, given the first time. Who finds another name than before has another folder
   * before him, or none is mounted.
   *
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`
   */
  identity(): Promise<string>;
  /**
   * The key under which documents of the practice are sealed from now on. It is made if there is none, and is on disk
   * when it is given.
   *
   * @throws HubError `DISK_FULL`, `DOCUMENT_STORE_FAILED`, `DOCUMENT_KEY_MISSING` (an earlier master key is not known)
   */
  sealing(practice: KeyedPractice): Promise<PracticeKey>;
  /**
   * The key with this id.
   *
   * @throws HubError `DOCUMENT_DESTROYED` (the key was destroyed, on purpose and for good), `DOCUMENT_KEY_MISSING`
   */
  opening(practice: KeyedPractice, id: Buffer): Promise<PracticeKey>;
  /**
   * Does nothing unless the practice's key was destroyed and no other was asked for since: then what is not there was
   * destroyed, and not lost.
   *
   * @throws HubError `DOCUMENT_DESTROYED`, `DOCUMENT_KEY_MISSING`
   */
  refuseDestroyed(practice: KeyedPractice): Promise<void>;
}
