import { readFileSync } from 'node:fs';

import { HubError } from '#errors';

import type { MutualTlsFiles } from './config/fragments.ts';

/** Contents of the PEM files of {@link MutualTlsFiles}, as TLS clients and servers take them. */
export interface MutualTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/**
 * Reads one PEM file.
 *
 * @throws HubError `TLS_FILE_UNREADABLE` with the path
 */
export function readPem(path: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw new HubError('TLS_FILE_UNREADABLE', `${path} cannot be read`, { cause, details: { path } });
  }
  if (content.includes('-----BEGIN ')) return content;
  throw new HubError('TLS_FILE_UNREADABLE', `${path} is not in PEM format`, { details: { path } });
}

/**
 * Reads certificate, key and authority for mutual TLS.
 *
 * @throws HubError `TLS_FILE_UNREADABLE` with the path
 */
export function readMutualTls(files: MutualTlsFiles): MutualTls {
  return { cert: readPem(files.cert), key: readPem(files.key), ca: readPem(files.ca) };
}
