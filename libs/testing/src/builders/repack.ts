import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { ContainerReader } from '#audit';
import { Uint8ArrayReader, ZipWriter, type ZipWriterAddDataOptions } from '@zip.js/zip.js';

/** What somebody does to a container: by name, other bytes, or null to take a file out. */
export interface Tampering {
  readonly change?: Readonly<Record<string, ((bytes: Buffer) => Buffer) | null>>;
  /** Files that come last. */
  readonly add?: Readonly<Record<string, Buffer>>;
  /** How everything but `mimetype` is written, if not as we do, without compression. */
  readonly options?: ZipWriterAddDataOptions;
}

const AS_OURS: ZipWriterAddDataOptions = {
  ...{ extendedTimestamp: false, dataDescriptor: false, msDosCompatible: true, useWebWorkers: false },
  // Not compressed: sooner written, and nobody's business.
  level: 0,
};

/** Writes a container again, tampered with: a ZIP as good as the first, whose content is not. */
export async function repack(from: string, to: string, tampering: Tampering = {}): Promise<string> {
  const { change = {}, add = {}, options = {} } = tampering;
  const container = await ContainerReader.open(from);
  const zip = new ZipWriter(Writable.toWeb(createWriteStream(to)));
  const write = async (name: string, bytes: Buffer): Promise<void> => {
    const how = name === 'mimetype' ? AS_OURS : { ...AS_OURS, ...options };
    await zip.add(name, new Uint8ArrayReader(bytes), how);
  };
  for (const name of container.names) {
    const changed = change[name];
    if (changed === null) continue;
    const bytes = await container.read(name);
    await write(name, changed === undefined ? bytes : changed(bytes));
  }
  for (const [name, bytes] of Object.entries(add)) await write(name, bytes);
  await zip.close();
  await container.close();
  return to;
}
