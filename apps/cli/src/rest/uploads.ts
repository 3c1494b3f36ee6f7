import { openAsBlob } from 'node:fs';
import { basename, extname } from 'node:path';
import { HubError } from '#errors';
import { resolvePath } from '../network/home.ts';

/** Media types by ending, of what people file. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.xml': 'application/xml',
  '.pdf': 'application/pdf',
  '.p7m': 'application/pkcs7-mime',
  '.txt': 'text/plain',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.zip': 'application/zip',
  '.dwg': 'image/vnd.dwg',
  '.dxf': 'image/vnd.dxf',
};

/** Adds a file to an upload under `field`; its bytes are read when they are sent. @throws HubError `FILE_UNREADABLE` */
export async function attachFile(form: FormData, field: string, path: string): Promise<void> {
  const type = MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
  try {
    form.append(field, await openAsBlob(resolvePath(path), { type }), basename(path));
  } catch (cause) {
    throw new HubError('FILE_UNREADABLE', `${path} cannot be read`, { cause });
  }
}

/** Adds the fields that have a value. */
export function setFields(form: FormData, fields: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
}
