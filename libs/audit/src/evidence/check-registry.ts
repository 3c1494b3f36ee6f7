/** The registry's entries in a container: signed by the registry, and folded into what they say of certificates. */
import { X509Certificate } from 'node:crypto';
import type { RegistryEntry, Sha256 } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, verifyRegistryEntry, type TrustView } from '#evidence';
import { RegistryChain, rootOfTrust } from '#registry-chain';
import { CONTENTS, registryName, type EvidenceContents } from './container-format.ts';
import type { ContainerReader } from './container-reader.ts';
import type { EvidenceFacts } from './facts.ts';
import type { Faults } from './faults.ts';

const NAME = /^registro\/([0-9]{6,16})\.xml$/;

/**
 * Verifies every entry, and the chain if all of it is there. What they say is in `facts` afterwards.
 * @param anchors the network's roots, which the verifier knows from elsewhere
 */
export async function checkRegistry(
  container: ContainerReader,
  { registry }: Pick<EvidenceContents, 'registry'>,
  facts: EvidenceFacts,
  anchors: readonly X509Certificate[],
  faults: Faults,
): Promise<void> {
  const signers: { readonly entry: RegistryEntry; readonly fingerprint: Sha256 }[] = [];
  const whole: Buffer[] = [];
  let last = 0;
  for (const name of container.names.filter((each) => NAME.test(each))) {
    await faults.try('registry', name, async () => {
      const bytes = await container.read(name);
      const { entry, signer } = verifyEntry(bytes, anchors);
      if (registryName(entry.number) !== name || entry.number <= last)
        throw new HubError('EVIDENCE_CONTENT_DISAGREES', `it is entry ${entry.number}`);
      last = entry.number;
      facts.addEntry(entry, sha256Hex(bytes));
      signers.push({ entry, fingerprint: signer.fingerprint });
      if (registry.whole) whole.push(bytes);
    });
  }
  await faults.try('registry', null, () => {
    checkSigners(signers, facts);
    if (registry.whole) checkChain(whole, registry, anchors);
  });
}

/** As a node reads the chain's first entry: any certificate of role registry under the root. What it lists is looked at later. */
function verifyEntry(bytes: Buffer, anchors: readonly X509Certificate[]): ReturnType<typeof verifyRegistryEntry> {
  const trust: TrustView = {
    anchors,
    certificate: (_, { subject }) =>
      subject?.role === 'registry' ? { ...subject, revokedFrom: null } : undefined,
  };
  const verified = verifyRegistryEntry(bytes, trust, LATE);
  if (verified.signingTime.toISOString() === verified.entry.time) return verified;
  throw new HubError('REGISTRY_ENTRY_REFUSED', `entry ${verified.entry.number} was signed at another time than its own`);
}

/** Nothing is revoked in that view, and validity is judged at SigningTime: any moment late enough will do. */
const LATE = new Date(Date.UTC(9999, 0, 1));

/** Whoever has signed an entry is listed as the registry, and was not revoked when it was signed. */
function checkSigners(
  signers: readonly { readonly entry: RegistryEntry; readonly fingerprint: Sha256 }[],
  facts: EvidenceFacts,
): void {
  for (const { entry, fingerprint } of signers) {
    const listed = facts.registry.certificate(fingerprint);
    const isRegistry = listed?.role === 'registry' && (listed.revokedFrom === null || entry.time < listed.revokedFrom);
    if (!isRegistry)
      throw new HubError('REGISTRY_ENTRY_REFUSED', `entry ${entry.number} is signed by ${fingerprint}, which is not the registry's`);
  }
}

/** From the first to the head without a gap: then no revocation can have been left out. */
function checkChain(
  entries: readonly Buffer[],
  head: { readonly number: number; readonly digest: string },
  anchors: readonly X509Certificate[],
): void {
  let refusal = new HubError('REGISTRY_ROOT_REFUSED', 'there is no root to verify the chain with');
  for (const anchor of anchors) {
    try {
      const chain = RegistryChain.replay(rootOfTrust(anchor.toString(), anchor.fingerprint256), entries);
      if (chain.head?.number === head.number && chain.head.digest === head.digest) return;
      throw new HubError('REGISTRY_GAP', `its chain ends at entry ${chain.head?.number ?? 0}, not at ${head.number}`);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** Events, decisions and the contents name versions of the registry: of those that are here, the same. */
export function checkVersions(
  head: { readonly number: number; readonly digest: string },
  facts: EvidenceFacts,
  faults: Faults,
): void {
  const digests = new Map(facts.entries.map(({ entry, digest }) => [entry.number, digest]));
  const compare = (file: string, { number, digest }: { readonly number: number; readonly digest: string }): void => {
    const own = digests.get(number);
    if (own === undefined || own === digest) return;
    faults.add('registry', 'REGISTRY_VERSION_DIFFERS', file, `entry ${number} is ${own} here, it names ${digest}`);
  };
  compare(CONTENTS, head);
  for (const { signed, decision } of facts.acts) {
    compare(signed.file, signed.event.registry);
    if (decision !== undefined) compare(decision.file, decision.decision.registry);
  }
}
