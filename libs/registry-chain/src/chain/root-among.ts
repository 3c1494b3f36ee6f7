import { parseRegistryEntry } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { refusing } from './refusal.ts';
import type { RootOfTrust } from './root-of-trust.ts';
import { foundingRoot, isRotation, rootOf } from './root-rotation.ts';

/**
 * The root of trust that a chain's own entries carry: the one of that fingerprint, or, with none given, the one under
 * which the chain says that it was founded. The latter is nobody's word but the chain's.
 * @param fingerprint SHA-256 of the root's DER, hex; colons and letter case do not matter
 * @throws HubError `REGISTRY_ROOT_REFUSED` if no entry names that root, `REGISTRY_ENTRY_REFUSED` for what is no entry
 */
export function rootAmong(entries: Iterable<Buffer>, fingerprint: string | null): RootOfTrust {
  const sought = fingerprint?.replaceAll(':', '').toLowerCase();
  for (const bytes of entries) {
    const entry = refusing(() => parseRegistryEntry(bytes));
    if (sought === undefined) {
      const root = foundingRoot(entry, bytes);
      if (root !== undefined) return root;
      break;
    }
    const { change } = entry;
    const named =
      change.kind === 'network.founded' ? change.anchors : isRotation(entry) ? [entry.change.root] : [];
    const found = named.find((der) => sha256Hex(Buffer.from(der, 'base64')) === sought);
    if (found !== undefined) return refusing(() => rootOf(found));
  }
  throw new HubError(
    'REGISTRY_ROOT_REFUSED',
    fingerprint === null
      ? 'the first entry of the registry does not stand under a root that it names'
      : `no entry of this registry names the root ${fingerprint}`,
  );
}
