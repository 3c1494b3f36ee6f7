import { X509Certificate } from 'node:crypto';
import { DOCUMENT_VERSION, type RegisteredCertificate, type RegistryChange, type Sha256 } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex, signRootAcceptance, type Signer } from '#evidence';
import type { RegistryAtVersion } from '#registry-chain';
import type { NextPlace, PublishedEntry, RegistryLedger } from '../ledger/registry-ledger.ts';
import type { Roots, Successor } from './roots.ts';

/**
 * Puts another root in the place of the one in force: one entry, signed by the registry under the old root, that carries
 * the acceptance by the registry under the new one. From then on the registry signs with its key under the new root.
 */
export class RotateRoot {
  readonly #ledger: RegistryLedger;
  readonly #roots: Roots;

  constructor(ledger: RegistryLedger, roots: Roots) {
    this.#ledger = ledger;
    this.#roots = roots;
  }

  /**
   * @param to SHA-256 of the root that follows; it lies ready in `ROOTS_DIR`
   * @throws HubError `ROOT_NOT_READY`, `ROOT_IN_USE` for one that is or was in force, `REGISTRY_ENTRY_REFUSED`
   */
  async run(to: Sha256): Promise<PublishedEntry> {
    const successor = this.#roots.successors().find(({ root }) => root.fingerprint === to);
    if (successor === undefined) throw new HubError('ROOT_NOT_READY', `no root ${to} lies ready`);
    const [published] = await this.#ledger.publish(async (current, next) => {
      if (current.anchors.some((anchor) => sha256Hex(anchor.raw) === to))
        throw new HubError('ROOT_IN_USE', `${to} is, or was, the root`);
      return [await rotation(successor, current, next)];
    });
    if (published !== undefined) return published;
    throw new HubError('INTERNAL_ERROR', 'a rotation was planned and not published');
  }

  /** The root in force, and those that lie ready. */
  state(): { readonly current: Sha256; readonly ready: readonly Sha256[] } {
    const spent = new Set(this.#ledger.current().anchors.map(({ raw }) => sha256Hex(raw)));
    const ready = this.#roots.successors().map(({ root }) => root.fingerprint);
    return { current: this.#ledger.root, ready: ready.filter((root) => !spent.has(root)) };
  }
}

async function rotation(
  { root, certificate, newWithOld, signer }: Successor,
  current: RegistryAtVersion,
  { number, previous, time, root: oldRoot }: NextPlace,
): Promise<RegistryChange> {
  if (current.network === undefined || previous === null)
    throw new HubError('ROOT_NOT_READY', 'the network is not founded yet');
  const acceptance = await signRootAcceptance(
    {
      version: DOCUMENT_VERSION,
      network: current.network,
      number,
      previous,
      oldRoot,
      newRoot: root.fingerprint,
      time,
    },
    signer,
    new Date(time),
  );
  return {
    kind: 'root.rotated',
    root: derOf(certificate),
    newWithOld: derOf(newWithOld),
    certificate: listingOf(signer),
    acceptance: acceptance.toString('base64'),
  };
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}

function listingOf({ certificate, holder }: Signer): RegisteredCertificate {
  return {
    holder,
    role: 'registry',
    purpose: 'signing',
    fingerprint: certificate.fingerprint,
    der: certificate.encoded.der,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
  };
}
