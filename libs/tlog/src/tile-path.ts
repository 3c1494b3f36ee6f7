/** Names of a log's static files (c2sp.org/tlog-tiles): the path of a tile or bundle, and what a path means. */
import { HubError } from '#errors';
import { requireCount } from './hash.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree that one level of tiles spans: 2^8 = 256. */
export const TILE_HEIGHT = 8;

/** The specification's highest level of tiles. Sizes up to 2^53 need six. */
const MAX_LEVEL = 63;

/** A bundle of entries: entries [index·256, index·256 + width). */
export interface BundleAddress {
  readonly index: number;
  /** 1 to 255 of a partial one, 256 of a full one. */
  readonly width: number;
}

/** A tile of hashes. Its i-th hash covers the leaves [(index·256 + i)·256^level, (index·256 + i + 1)·256^level). */
export interface TileAddress extends BundleAddress {
  /** 0 holds leaf hashes. */
  readonly level: number;
}

/** What a path names. */
export type TileResource =
  ({ readonly kind: 'hashes' } & TileAddress) | ({ readonly kind: 'entries' } & BundleAddress);

/**
 * `tile/<L>/<N>[.p/<W>]`, without the log's prefix.
 * @throws HubError `LOG_TILE_MALFORMED`
 */
export function tilePath({ level, index, width }: TileAddress): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL) {
    throw malformed(`${level} is no level of tiles`);
  }
  return `tile/${level}/${indexPath(index, width)}`;
}

/**
 * `tile/entries/<N>[.p/<W>]`, without the log's prefix.
 * @throws HubError `LOG_TILE_MALFORMED`
 */
export function entriesPath({ index, width }: BundleAddress): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/**
 * Reads a path, without a leading slash. Each tile has one path: every other spelling is refused, so that no cache or
 * object store holds a tile twice.
 * @throws HubError `LOG_TILE_MALFORMED`
 */
export function parseTilePath(path: string): TileResource {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  const [, first, elements, suffix] = match ?? [];
  if (first === undefined || elements === undefined) throw malformed('the path is not that of a tile');
  const groups = elements.split('/').map((element) => element.replace('x', ''));
  const index = Number(groups.join(''));
  if (!Number.isSafeInteger(index)) throw malformed('the index is too large');
  const width = suffix === undefined ? TILE_WIDTH : Number(suffix);
  if (suffix !== undefined && width >= TILE_WIDTH) throw malformed('a partial tile has 1 to 255 hashes');
  const resource: TileResource =
    first === 'entries'
      ? { kind: 'entries', index, width }
      : { kind: 'hashes', level: Number(first), index, width };
  if (resourcePath(resource) !== path) throw malformed('the path is not the canonical one');
  return resource;
}

/** The path of a tile or bundle. */
export function resourcePath(resource: TileResource): string {
  return resource.kind === 'hashes' ? tilePath(resource) : entriesPath(resource);
}

function indexPath(index: number, width: number): string {
  requireCount(index, 'tile index');
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw malformed(`a tile has 1 to ${TILE_WIDTH} hashes, not ${width}`);
  }
  let path = lastDigits(index);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${lastDigits(rest)}/${path}`;
  }
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

function lastDigits(value: number): string {
  return String(value % 1000).padStart(3, '0');
}

function malformed(reason: string): HubError {
  return new HubError('LOG_TILE_MALFORMED', `not a tile: ${reason}`);
}
