import { join } from 'node:path';

import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';

import type { DocumentKey } from './document-store.ts';

const SUFFIX = '.hubdoc';

/**
 * Names of files. A document: `practices/o-<owner>/<end of the practice's uuid>/<uuid>/<document>.hubdoc`. One that is
 * arriving: `partial/<owner>~<practice>~<document>`, with `~torn` behind it if whoever wrote it was interrupted. Owners are compared without regard to case, so their folders are
 * in lower case; `o-` keeps a code such as `..` a name.
 */
export class StorePaths {
  readonly practices: string;
  /** Holds the name of the keys with which the store is sealed. */
  readonly keysName: string;
  readonly partials: string;
  /** Folders of running processes, for what is being written. */
  readonly writing: string;

  constructor(root: string) {
    this.practices = join(root, 'practices');
    this.keysName = join(root, 'keys-id');
    this.partials = join(root, 'partial');
    this.writing = join(root, 'writing');
  }

  /** @throws HubError `ID_MALFORMED` if an id was not parsed before */
  folder(key: Pick<DocumentKey, 'owner' | 'practice'>): string {
    const owner = `o-${parseIpaCode(key.owner).toLowerCase()}`;
    const practice = parsePracticeId(key.practice);
    return join(this.practices, owner, practice.slice(-2), practice);
  }

  /** @throws HubError `ID_MALFORMED` */
  document(key: DocumentKey): string {
    return join(this.folder(key), `${parseDocumentId(key.document)}${SUFFIX}`);
  }

  /** @throws HubError `ID_MALFORMED` */
  partial(key: DocumentKey): string {
    return join(this.partials, partialName(key));
  }

  /** @throws HubError `ID_MALFORMED` */
  torn(key: DocumentKey): string {
    return join(this.partials, tornName(partialName(key)));
  }
}

/** @throws HubError `ID_MALFORMED` */
export function partialName(key: DocumentKey): string {
  const owner = parseIpaCode(key.owner).toLowerCase();
  return `${owner}~${parsePracticeId(key.practice)}~${parseDocumentId(key.document)}`;
}

/** The name under which what arrived rests after its process was interrupted; `partial` is its name otherwise. */
export function tornName(partial: string): string {
  return `${partial}~torn`;
}

/** The key of a path below `practices`, given as its four names; undefined for a file that is no document. */
export function keyOf(owner: string, practice: string, file: string): DocumentKey | undefined {
  if (!owner.startsWith('o-') || !file.endsWith(SUFFIX)) return undefined;
  return {
    owner: parseIpaCode(owner.slice(2)),
    practice: parsePracticeId(practice),
    document: parseDocumentId(file.slice(0, -SUFFIX.length)),
  };
}
