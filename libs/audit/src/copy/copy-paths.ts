/** Names of the files of a copy of the log, beside those of c2sp.org/tlog-tiles: docs/adr/0041-the-auditors-tool.md. */
import { HubError } from '#errors';
import { entriesPath, parseTilePath, type BundleAddress } from '#tlog';

/** The newest signed checkpoint, with the cosignatures that were there. */
export const CHECKPOINT_PATH = 'checkpoint';
/** Of an auditor's own server only: the newest that enough witnesses have cosigned. */
export const WITNESSED_PATH = 'witnessed-checkpoint';
/** Of an exported folder only: what is in it. */
export const EXPORT_PATH = 'export.json';

const ENTRIES = 'tile/entries/';
const ARCHIVE = 'archive/';

/** `archive/<N>[.p/<W>]`, N and W spelt as in `entriesPath`. @throws HubError `LOG_TILE_MALFORMED` */
export function archivePath(bundle: BundleAddress): string {
  return ARCHIVE + entriesPath(bundle).slice(ENTRIES.length);
}

/** The bundle whose signed bytes a path names. One spelling only. @throws HubError `LOG_TILE_MALFORMED` */
export function parseArchivePath(path: string): BundleAddress {
  if (!path.startsWith(ARCHIVE)) throw malformed(path);
  const { index, width } = parseTilePath(ENTRIES + path.slice(ARCHIVE.length));
  return { index, width };
}

/** `registry/<number>.xml`: entry `number`, from 1, of the registry's chain. @throws HubError `LOG_TILE_MALFORMED` */
export function registryPath(number: number): string {
  if (Number.isSafeInteger(number) && number > 0) return `registry/${number}.xml`;
  throw malformed(`registry/${number}.xml`);
}

/** The number of the registry's entry that a path names. One spelling only. @throws HubError `LOG_TILE_MALFORMED` */
export function parseRegistryPath(path: string): number {
  const number = Number(/^registry\/([1-9][0-9]{0,15})\.xml$/.exec(path)?.[1]);
  if (Number.isSafeInteger(number)) return number;
  throw malformed(path);
}

function malformed(path: string): HubError {
  return new HubError('LOG_TILE_MALFORMED', `${JSON.stringify(path.slice(0, 120))} is no file of a log`);
}
