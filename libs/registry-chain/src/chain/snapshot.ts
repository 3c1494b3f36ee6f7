import {
  DOCUMENT_VERSION,
  parseRegistryEntry,
  type RegistryEntry,
  type RegistrySnapshot,
  type RegistryVersion,
} from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, verifySnapshot, type SignerIdentity } from '#evidence';
import { formKey, procedureKey } from '../state/tables.ts';
import type { UnjudgedEntry } from './prehistory.ts';
import { refusing } from './refusal.ts';
import { ANY_TIME, type RootOfTrust } from './root-of-trust.ts';

/**
 * The snapshot of a chain: of all entries, those that still decide something. Whoever folds them, each at its own
 * number, answers for the head and for everything later as if he had folded all.
 * @param chain signed bytes of every entry, in order
 */
export function takeSnapshot(chain: Iterable<Buffer>, time: string): RegistrySnapshot {
  const lastOf = new Map<string, number>();
  const entries: UnjudgedEntry[] = [];
  for (const bytes of chain) {
    const entry = parseRegistryEntry(bytes);
    entries.push({ entry, bytes, digest: sha256Hex(bytes) });
    for (const key of replacing(entry)) lastOf.set(key, entry.number);
  }
  const head = entries.at(-1);
  if (head === undefined)
    throw new HubError('REGISTRY_ENTRY_NOT_FOUND', 'there is nothing to take a snapshot of');
  const kept = new Set([...lastOf.values(), head.entry.number]);
  return {
    version: DOCUMENT_VERSION,
    time,
    head: { number: head.entry.number, digest: head.digest },
    entries: entries.filter(({ entry }) => kept.has(entry.number)).map(({ bytes }) => bytes),
  };
}

/** What an entry takes the place of, by name: it is kept while it is the last one of any of its names. */
function replacing({ number, change }: RegistryEntry): readonly string[] {
  switch (change.kind) {
    case 'body.published':
      return [
        `body ${change.body.ipa.toLowerCase()}`,
        ...(change.body.istat === undefined ? [] : [`municipality ${change.body.istat}`]),
      ];
    case 'area.published':
      return [`area ${change.code}`];
    case 'procedure.published':
      return [`procedure ${procedureKey(change.procedure.code, change.procedure.version)}`];
    case 'form.published': {
      const { namespace, root, version } = change.form;
      return [`form ${formKey(namespace, root, version)}`];
    }
    default:
      // Nothing ever takes the place of these: certificates and revocations add up, borders are never undone.
      return [`entry ${number}`];
  }
}

/** A snapshot that was verified: its entries, and the version after which they answer. */
export interface OpenedSnapshot {
  readonly head: RegistryVersion;
  readonly entries: readonly UnjudgedEntry[];
  readonly last: UnjudgedEntry;
  readonly signer: SignerIdentity;
}

/**
 * Verifies a snapshot: signed by a registry under the configured root, whole in itself, its last entry the head.
 * @throws HubError `REGISTRY_ENTRY_REFUSED`
 */
export function openSnapshot(bytes: Buffer, root: RootOfTrust): OpenedSnapshot {
  return refusing(() => {
    // Judged at its own time: whoever holds a snapshot holds it for good, and the chain tells of what came later.
    const { snapshot, signer, signingTime } = verifySnapshot(bytes, root.trust, ANY_TIME);
    if (signingTime.toISOString() !== snapshot.time)
      throw new HubError('REGISTRY_ENTRY_REFUSED', `dated ${snapshot.time}, signed at another time`);
    const entries = snapshot.entries.map((own) => {
      return { entry: parseRegistryEntry(own), bytes: own, digest: sha256Hex(own) };
    });
    const rising = entries.every(
      ({ entry }, i) => entry.number > (i === 0 ? 0 : (entries[i - 1]?.entry.number ?? 0)),
    );
    const last = entries.at(-1);
    if (!rising || last?.entry.number !== snapshot.head.number || last.digest !== snapshot.head.digest)
      throw new HubError('REGISTRY_ENTRY_REFUSED', 'its entries are not in order up to the head it names');
    return { head: snapshot.head, entries, last, signer };
  });
}
