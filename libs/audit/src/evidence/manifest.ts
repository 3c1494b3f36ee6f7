/** `META-INF/manifest.xml`: OpenDocument v1.2 part 3, §3.2, as ASiC-E takes it over. Written and read in one spelling. */
import { isSealableName, type SealedFile } from '#evidence';
import { CONTAINER_TYPE } from './container-format.ts';

const NAMESPACE = 'urn:oasis:names:tc:opendocument:xmlns:manifest:1.0';

export type ListedFile = Pick<SealedFile, 'name' | 'mediaType'>;

/** Every file but those of `META-INF` and `mimetype`. Names and media types need no escaping. */
export function formatManifest(files: readonly ListedFile[]): Buffer {
  const entries = [{ name: '/', mediaType: CONTAINER_TYPE }, ...files].map(
    ({ name, mediaType }) =>
      `<manifest:file-entry manifest:full-path="${name}" manifest:media-type="${mediaType}"/>\n`,
  );
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<manifest:manifest xmlns:manifest="${NAMESPACE}" manifest:version="1.2">\n` +
      `${entries.join('')}</manifest:manifest>\n`,
  );
}

const ENTRY = /<manifest:file-entry manifest:full-path="([^"<>&]*)" manifest:media-type="([^"<>&]*)"\/>/g;

/** The files that a manifest lists; undefined if it is not written as `formatManifest` does. */
export function readManifest(bytes: Buffer): readonly ListedFile[] | undefined {
  const [root, ...files] = [...bytes.toString('latin1').matchAll(ENTRY)].map(
    ([, name = '', mediaType = '']) => ({ name, mediaType }),
  );
  if (root?.name !== '/' || !files.every(({ name }) => isSealableName(name))) return undefined;
  return formatManifest(files).equals(bytes) ? files : undefined;
}
