/** What lies in a container, and whether it is what was listed and sealed. */
import { HubError } from '#errors';
import { readSeal, sha256Hex, type IntactSeal } from '#evidence';
import {
  CONTENTS,
  contentsShape,
  formatContents,
  MANIFEST,
  MIMETYPE,
  SIGNATURES,
  type EvidenceContents,
} from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import type { Faults } from './faults.ts';
import { readManifest } from './manifest.ts';

/** Files that list or seal the others. */
const AROUND: ReadonlySet<string> = new Set([MIMETYPE, MANIFEST, SIGNATURES]);

/** A container as it says of itself that it is. */
export interface Structure {
  /** Null for a container without one, where that is accepted. */
  readonly seal: IntactSeal | null;
  readonly contents: EvidenceContents;
}

export interface StructureOptions {
  /** True: a container without a seal is read, too. */
  readonly unsealed: boolean;
  /** Told after each file how many of how many were read. */
  readonly progress: (done: number, of: number) => void;
}

/**
 * Reads seal, manifest and contents, and compares every file with the digest that was sealed.
 * @returns undefined if there is nothing to go on with
 */
export async function checkStructure(
  container: ContainerReader,
  faults: Faults,
  { unsealed, progress }: StructureOptions,
): Promise<Structure | undefined> {
  const seal = await faults.try('seal', SIGNATURES, async () => await sealOf(container, unsealed));
  await faults.try('manifest', MANIFEST, async () => {
    checkManifest(await container.read(MANIFEST), container, seal, faults);
  });
  const contents = await faults.try('manifest', CONTENTS, async () =>
    readContents(await container.read(CONTENTS)),
  );
  if (seal === undefined || contents === undefined) return undefined;
  await checkDigests(container, seal, faults, progress);
  return { seal, contents };
}

/** @throws HubError `EVIDENCE_NOT_SEALED`, those of `readSeal` */
async function sealOf(container: ContainerReader, unsealed: boolean): Promise<IntactSeal | null> {
  if (container.has(SIGNATURES)) return readSeal(await container.read(SIGNATURES));
  if (unsealed) return null;
  throw new HubError('EVIDENCE_NOT_SEALED', 'it has no seal');
}

/** The seal does not cover the manifest: it has to say what the seal says, media types too. */
function checkManifest(
  bytes: Buffer,
  container: ContainerReader,
  seal: IntactSeal | null | undefined,
  faults: Faults,
): void {
  const listed = readManifest(bytes);
  if (listed === undefined)
    throw new HubError('EVIDENCE_CONTAINER_MALFORMED', 'the manifest is not written as it should be');
  const names = new Set(listed.map(({ name }) => name));
  for (const name of container.names) {
    if (AROUND.has(name) || names.delete(name)) continue;
    faults.add(
      'manifest',
      'EVIDENCE_FILE_UNSEALED',
      name,
      'the manifest does not name it, or names it twice',
    );
  }
  for (const name of names) faults.add('manifest', 'EVIDENCE_FILE_MISSING', name, 'the manifest names it');
  const sealed = new Map(seal?.files.map(({ name, mediaType }) => [name, mediaType]));
  for (const { name, mediaType } of listed) {
    const other = sealed.get(name);
    if (other !== undefined && other !== mediaType)
      faults.add(
        'manifest',
        'EVIDENCE_CONTENT_DISAGREES',
        name,
        `${mediaType} in the manifest, sealed as ${other}`,
      );
  }
}

async function checkDigests(
  container: ContainerReader,
  seal: IntactSeal | null,
  faults: Faults,
  progress: (done: number, of: number) => void,
): Promise<void> {
  const sealed = new Map(seal?.files.map(({ name, sha256 }) => [name, sha256]));
  for (const name of sealed.keys()) {
    if (!container.has(name)) faults.add('files', 'EVIDENCE_FILE_MISSING', name, 'the seal names it');
  }
  for (const [i, name] of container.names.entries()) {
    if (!AROUND.has(name)) {
      const expected = sealed.get(name);
      if (expected === undefined && seal !== null)
        faults.add('files', 'EVIDENCE_FILE_UNSEALED', name, 'the seal does not cover it');
      await faults.try('files', name, async () => {
        const found = sha256Hex(await container.read(name));
        if (expected !== undefined && found !== expected)
          throw new HubError('EVIDENCE_FILE_ALTERED', `its SHA-256 is ${found}, sealed was ${expected}`);
      });
    }
    progress(i + 1, container.names.length);
  }
}

/** One spelling: the file is exactly what a maker writes for what it says. */
function readContents(bytes: Buffer): EvidenceContents {
  const parsed = contentsShape.safeParse(jsonOf(bytes));
  if (parsed.success && formatContents(parsed.data).equals(bytes)) return parsed.data;
  throw new HubError(
    'EVIDENCE_CONTAINER_MALFORMED',
    'it is not the list of contents that this program knows',
    {
      cause: parsed.error,
    },
  );
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
