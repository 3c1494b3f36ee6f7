/** The registry's entries in a container: signed by the registry under the root that the verifier believes. */
import { X509Certificate } from 'node:crypto';
import { parseRegistryEntry, type RegistryChange, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import { isUnder, sha256Hex, verifyRegistryEntry, verifyRootAcceptance, type TrustView } from '#evidence';
import { RegistryChain, rootAmong } from '#registry-chain';
import { CONTENTS, registryName, type EvidenceContents } from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import type { EvidenceFacts } from './facts.ts';
import type { Faults } from './faults.ts';
import { PartRegistry, type PartEntry } from './part-registry.ts';

const NAME = /^registro\/[0-9]{6,16}\.xml$/;

interface FoundEntry extends PartEntry {
  readonly bytes: Buffer;
  readonly file: string;
}

/**
 * Verifies every entry, and the chain if all of it is there. What they say is in `facts` afterwards.
 * @param root SHA-256 of the root's certificate; null: the one under which the entries say that the network was founded
 */
export async function checkRegistry(
  container: ContainerReader,
  { registry: head }: Pick<EvidenceContents, 'registry'>,
  facts: EvidenceFacts,
  root: string | null,
  faults: Faults,
): Promise<PartRegistry> {
  const found = await readEntries(container, faults);
  const anchors = (await faults.try('registry', null, () => believed(found, root))) ?? [];
  const entries: (FoundEntry & { readonly signer: Sha256 })[] = [];
  for (const each of found) {
    const signer = await faults.try('registry', each.file, () => verifyEntry(each, anchors));
    if (signer === undefined) continue;
    entries.push({ ...each, signer });
    facts.addEntry(each.entry, each.digest);
  }
  await faults.try('registry', null, () => {
    for (const each of entries) requireListed(each, facts);
    if (head.whole) requireWhole(entries, head, root);
  });
  return new PartRegistry(entries, anchors);
}

async function readEntries(container: ContainerReader, faults: Faults): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const file of container.names.filter((name) => NAME.test(name))) {
    await faults.try('registry', file, async () => {
      const bytes = await container.read(file);
      const entry = parseRegistryEntry(bytes);
      const before = found.at(-1)?.entry;
      if (registryName(entry.number) !== file || entry.number <= (before?.number ?? 0))
        throw new HubError('EVIDENCE_CONTENT_DISAGREES', `it is entry ${entry.number}`);
      if (before !== undefined && entry.time < before.time)
        throw new HubError('REGISTRY_ENTRY_REFUSED', `entry ${entry.number} is older than ${before.number}`);
      found.push({ entry, bytes, digest: sha256Hex(bytes), file });
    });
  }
  return found;
}

/**
 * The roots that are believed: the one asked for, and those that it has followed or that have followed it, each by the word
 * of the root that is believed already (`root.rotated` is signed by both).
 */
function believed(found: readonly FoundEntry[], root: string | null): readonly X509Certificate[] {
  const { trust } = rootAmong(
    found.map(({ bytes }) => bytes),
    root,
  );
  const anchors = [...trust.anchors];
  const named = new Map<string, X509Certificate>();
  for (const { entry } of found)
    for (const certificate of rootsIn(entry.change)) named.set(sha256Hex(certificate.raw), certificate);
  const rotations = found.filter(({ entry }) => entry.change.kind === 'root.rotated');
  // Each round believes one more root at least, or it was the last.
  for (let before = 0; before < anchors.length;) {
    before = anchors.length;
    for (const rotation of rotations)
      for (const fingerprint of vouchedFor(rotation, anchors)) {
        const certificate = named.get(fingerprint);
        if (certificate !== undefined && !anchors.some(({ raw }) => raw.equals(certificate.raw)))
          anchors.push(certificate);
      }
  }
  return anchors;
}

function rootsIn(change: RegistryChange): readonly X509Certificate[] {
  const ders =
    change.kind === 'network.founded' ? change.anchors : change.kind === 'root.rotated' ? [change.root] : [];
  return ders.map((der) => {
    try {
      return new X509Certificate(Buffer.from(der, 'base64'));
    } catch (cause) {
      throw new HubError('CERTIFICATE_MALFORMED', 'the registry names a root that is no certificate', {
        cause,
      });
    }
  });
}

/** Roots that a rotation vouches for, by a signature under one of these. */
function vouchedFor({ entry, bytes }: FoundEntry, anchors: readonly X509Certificate[]): readonly string[] {
  const { change } = entry;
  if (change.kind !== 'root.rotated') return [];
  const signed = accepts(() => verifyRegistryEntry(bytes, asRegistry(anchors), LATE));
  const accepted = accepts(() =>
    verifyRootAcceptance(Buffer.from(change.acceptance, 'base64'), asRegistry(anchors), LATE),
  );
  return [
    ...(signed !== undefined && isSucceeded(change, anchors)
      ? [sha256Hex(Buffer.from(change.root, 'base64'))]
      : []),
    ...(accepted?.acceptance.number === entry.number ? [accepted.acceptance.oldRoot] : []),
  ];
}

/** `NewWithOld` (RFC 4210 §4.4): the old root's own key has issued a certificate of the new root's name and key. */
function isSucceeded(
  { root, newWithOld }: Extract<RegistryChange, { readonly kind: 'root.rotated' }>,
  anchors: readonly X509Certificate[],
): boolean {
  const [next, bridge] = [root, newWithOld].map((der) => new X509Certificate(Buffer.from(der, 'base64')));
  if (next === undefined || bridge === undefined) return false;
  const isOfNext = bridge.subject === next.subject && bridge.publicKey.equals(next.publicKey);
  return isOfNext && anchors.some((anchor) => isUnder(bridge, anchor));
}

function accepts<T>(verify: () => T): T | undefined {
  try {
    return verify();
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

/** Nothing is revoked in this view, and validity is judged at SigningTime: any moment late enough will do. */
const LATE = new Date(Date.UTC(9999, 0, 1));

/** As a node reads the chain's first entry: any certificate of role registry under a root. */
function asRegistry(anchors: readonly X509Certificate[]): TrustView {
  return {
    anchors,
    certificate: (_, { subject }) =>
      subject?.role === 'registry' ? { ...subject, revokedFrom: null } : undefined,
  };
}

/** @returns the fingerprint of the certificate that has signed it */
function verifyEntry({ bytes }: FoundEntry, anchors: readonly X509Certificate[]): Sha256 {
  const { entry, signer, signingTime } = verifyRegistryEntry(bytes, asRegistry(anchors), LATE);
  if (signingTime.toISOString() === entry.time) return signer.fingerprint;
  throw new HubError(
    'REGISTRY_ENTRY_REFUSED',
    `entry ${entry.number} was signed at another time than its own`,
  );
}

/** Whoever has signed an entry is listed as the registry, and was not revoked when it was signed. */
function requireListed(
  { entry, file, signer }: FoundEntry & { readonly signer: Sha256 },
  facts: EvidenceFacts,
): void {
  const listed = facts.registry.certificate(signer);
  const isRegistry =
    listed?.role === 'registry' && (listed.revokedFrom === null || entry.time < listed.revokedFrom);
  if (!isRegistry)
    throw new HubError('REGISTRY_ENTRY_REFUSED', `${file} is signed by ${signer}, not the registry's`);
}

/** From the first to the head without a gap: then no revocation can have been left out. */
function requireWhole(
  entries: readonly FoundEntry[],
  { number, digest }: { readonly number: number; readonly digest: string },
  root: string | null,
): void {
  const signed = entries.map(({ bytes }) => bytes);
  const { head } = RegistryChain.replay(rootAmong(signed, root), signed);
  if (head?.number !== number || head.digest !== digest)
    throw new HubError('REGISTRY_GAP', `its chain ends at entry ${head?.number ?? 0}, not at ${number}`);
}

/** Events, decisions and the contents name versions of the registry: of those that are here, the same. */
export function checkVersions(
  head: { readonly number: number; readonly digest: string },
  facts: EvidenceFacts,
  faults: Faults,
): void {
  const digests = new Map(facts.entries.map(({ entry, digest }) => [entry.number, digest]));
  const compare = (
    file: string,
    { number, digest }: { readonly number: number; readonly digest: string },
  ): void => {
    const own = digests.get(number);
    if (own === undefined || own === digest) return;
    faults.add(
      'registry',
      'REGISTRY_VERSION_DIFFERS',
      file,
      `entry ${number} is ${own} here, it names ${digest}`,
    );
  };
  compare(CONTENTS, head);
  for (const { signed, decision } of facts.acts) {
    compare(signed.file, signed.event.registry);
    if (decision !== undefined) compare(decision.file, decision.decision.registry);
  }
}
