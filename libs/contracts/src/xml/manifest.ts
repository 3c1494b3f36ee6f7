/** The manifest of an event's documents (`contracts/xsd/manifest-1.xsd`). */
import { HubError } from '#errors';
import { parseEventId, parseIpaCode, parsePracticeId } from '../ids.ts';
import { LISTED_ROLES, type Manifest } from './documents.ts';
import { readDocumentRef, writeDocumentRef } from './fragments.ts';
import { MAX_MANIFEST_DOCUMENTS } from './limits.ts';
import { all, one, required, version } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/**
 * The manifest's unsigned bytes: UTF-8, its own exclusive canonical form, ready to be signed by the event's author.
 * @throws HubError `EVENT_OVER_BOUNDS` for more documents than a manifest may list
 */
export function serializeManifest(manifest: Manifest): Buffer {
  const { event, practice, documents } = manifest;
  checkBounds(manifest);
  return document(
    'manifest',
    attribute('version', manifest.version),
    element('Event', attribute('author', event.author) + attribute('id', event.event)) +
      element('Practice', attribute('owner', practice.owner) + attribute('uuid', practice.uuid)) +
      element('Documents', '', documents.map(writeDocumentRef).join('')),
  );
}

/**
 * Reads a manifest, signed or not, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`, `EVENT_OVER_BOUNDS`
 */
export function parseManifest(xml: Buffer): Manifest {
  return readManifest(readTree('manifest', xml));
}

export function readManifest(tree: XmlTree): Manifest {
  const event = one(tree, 'Event');
  const practice = one(tree, 'Practice');
  const manifest: Manifest = {
    version: version(required(tree, 'version')),
    event: { author: parseIpaCode(required(event, 'author')), event: parseEventId(required(event, 'id')) },
    practice: {
      owner: parseIpaCode(required(practice, 'owner')),
      uuid: parsePracticeId(required(practice, 'uuid')),
    },
    documents: all(one(tree, 'Documents'), 'Document').map((listed) => readDocumentRef(listed, LISTED_ROLES)),
  };
  checkBounds(manifest);
  return manifest;
}

function checkBounds({ documents }: Manifest): void {
  if (documents.length <= MAX_MANIFEST_DOCUMENTS) return;
  throw new HubError('EVENT_OVER_BOUNDS', `the manifest lists ${String(documents.length)} documents`, {
    details: { maxDocuments: MAX_MANIFEST_DOCUMENTS },
  });
}
