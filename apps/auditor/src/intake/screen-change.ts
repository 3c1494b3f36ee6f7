import { headerText, parseRegistryEntry, type RegistryEntry } from '#contracts';
import { HubError } from '#errors';
import { attributedTo, sha256Hex, verifyRegistryEntry } from '#evidence';
import { registryLeaf, type LeafCandidate } from './leaf-candidate.ts';
import type { AuditRecord, AuditRegistry } from './screen-record.ts';

/**
 * A record of `registry.state`. What the verified chain has is a leaf, whoever brings its bytes: the chain has judged
 * them. What stands beside the chain never is; signed by the registry, it is the proof of a fork. Null for a heartbeat,
 * which is no link of the chain.
 * @throws HubError `REGISTRY_BEHIND` for what the copy has not got to yet, `LOG_LEAF_CONTRADICTED` for a second entry of
 *   one number, those of `verifyRegistryEntry` for what the registry has not signed
 */
export function screenChange({ headers, value }: AuditRecord, registry: AuditRegistry): LeafCandidate | null {
  if (headerText(headers, 'hub_class') === 'heartbeat') return null;
  const entry = parseRegistryEntry(value);
  const digest = sha256Hex(value);
  const standing = registry.hasVersion(entry.number, digest);
  if (standing === 'known') return registryLeaf(entry, signerOf(value, registry), value);
  if (standing === 'behind' && !isBesideHead(entry, registry)) {
    throw new HubError(
      'REGISTRY_BEHIND',
      `registry entry ${entry.number} with digest ${digest} is not here yet`,
    );
  }
  // By its own time, as the chain judges: what a key signed before it was revoked stays said.
  verifyRegistryEntry(value, registry, new Date(entry.time));
  throw new HubError(
    'LOG_LEAF_CONTRADICTED',
    `the registry has signed another entry ${entry.number} than its chain has: ${digest}`,
  );
}

/** The next number, and no successor of what the chain ends with: nothing that comes can make it one. */
function isBesideHead({ number, previous }: RegistryEntry, registry: AuditRegistry): boolean {
  const { head } = registry.status();
  return head !== null && number === head.number + 1 && previous !== head.digest;
}

function signerOf(bytes: Buffer, registry: AuditRegistry): string {
  const holder = attributedTo(bytes, registry);
  if (holder !== null) return holder;
  throw new HubError('REGISTRY_ENTRY_REFUSED', 'no certificate of this network has signed the entry');
}
