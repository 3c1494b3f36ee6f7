import type {
  FormSchema,
  IstatCode,
  Procedure,
  PublicBody,
  RegistryChange,
  RegistryEntry,
  RegistryVersion,
  Sha256,
} from '#contracts';
import { HubError } from '#errors';
import { foldAnchor, foldCertificate, foldCrl, foldRotation, foldWithdrawal } from './fold-trust.ts';
import { RegistryAtVersion } from './registry-at-version.ts';
import { formKey, procedureKey, type RegistryTables } from './tables.ts';
import { Versioned, VersionedMap } from './versioned.ts';

type Revocation = Extract<RegistryChange, { readonly kind: 'certificate.revoked' }>;

/**
 * The fold of the registry's chain: entries in, tables with their history out. Pure and deterministic: the same
 * entries give the same state on every node and in an auditor's replay. It trusts its caller: signatures and the
 * chain of digests are the business of `RegistryChain`.
 */
export class RegistryState {
  /** By number, from 1. With holes where a snapshot has left entries out. */
  readonly #digests: (Sha256 | undefined)[] = [];
  /** The first number that can be answered for: that of the snapshot, or 0. */
  #base = 0;
  readonly #tables: RegistryTables = {
    foundation: new Versioned(),
    bodies: new VersionedMap(),
    municipalities: new VersionedMap(),
    borders: new VersionedMap(),
    areas: new VersionedMap(),
    certificates: new VersionedMap(),
    issuersWords: new VersionedMap(),
    externalIssuers: new VersionedMap(),
    crls: new VersionedMap(),
    procedures: new VersionedMap(),
    latestProcedures: new VersionedMap(),
    latestForms: new VersionedMap(),
    forms: new VersionedMap(),
  };

  /** Number and digest of the last entry; null while there is none. */
  get head(): RegistryVersion | null {
    const digest = this.#digests.at(-1);
    return digest === undefined ? null : { number: this.#digests.length, digest };
  }

  /**
   * The state after entry `head`, from the entries that still decide something.
   * @param entries in the order of their numbers; the last one is `head`
   */
  static ofSnapshot(
    entries: readonly { readonly entry: RegistryEntry; readonly digest: Sha256 }[],
    head: RegistryVersion,
  ): RegistryState {
    const state = new RegistryState();
    for (const { entry, digest } of entries) {
      state.#fold(entry.number, entry.change);
      state.#digests[entry.number - 1] = digest;
    }
    state.#base = head.number;
    return state;
  }

  /** Digest of entry `number` (from 1); undefined if it is not here. */
  digestOf(number: number): Sha256 | undefined {
    return this.#digests[number - 1];
  }

  /**
   * The registry as it was after entry `number`; 0 is the empty one.
   * @throws HubError `REGISTRY_VERSION_UNKNOWN` if the entry is not here yet
   */
  at(number: number): RegistryAtVersion {
    if (!Number.isInteger(number) || number < this.#base || number > this.#digests.length)
      throw new HubError(
        'REGISTRY_VERSION_UNKNOWN',
        `registry entry ${number} is not here; there are entries ${this.#base} to ${this.#digests.length}`,
      );
    return new RegistryAtVersion(this.#tables, number);
  }

  /**
   * Adds the next entry.
   * @throws HubError `REGISTRY_GAP` if its number does not follow the head's
   */
  apply(entry: RegistryEntry, digest: Sha256): void {
    if (entry.number !== this.#digests.length + 1)
      throw new HubError('REGISTRY_GAP', `entry ${entry.number} cannot follow entry ${this.#digests.length}`);
    this.#fold(entry.number, entry.change);
    this.#digests.push(digest);
  }

  #fold(number: number, change: RegistryChange): void {
    const tables = this.#tables;
    switch (change.kind) {
      case 'network.founded':
        tables.foundation.set(number, { network: change.network, anchors: change.anchors });
        return;
      case 'body.published':
        this.#foldBody(number, change.body);
        return;
      case 'certificate.published':
        foldCertificate(tables, number, change.certificate);
        return;
      case 'certificate.revoked':
        this.#foldRevocation(number, change);
        return;
      case 'border.published':
        this.#foldBorder(number, change.between[0], change.between[1]);
        this.#foldBorder(number, change.between[1], change.between[0]);
        return;
      case 'area.published':
        tables.areas.set(change.code, number, change.bodies);
        return;
      case 'procedure.published':
        this.#foldProcedure(number, change.procedure);
        return;
      case 'form.published':
        this.#foldForm(number, change.form);
        return;
      case 'root.rotated':
        foldRotation(tables, number, change);
        return;
      case 'anchor.published':
        foldAnchor(tables, number, change.anchor);
        return;
      case 'anchor.withdrawn':
        foldWithdrawal(tables, number, change);
        return;
      case 'crl.published':
        foldCrl(tables, number, change);
        return;
    }
  }

  #foldBody(number: number, body: PublicBody): void {
    const key = body.ipa.toLowerCase();
    this.#tables.bodies.set(key, number, body);
    if (body.istat !== undefined) this.#tables.municipalities.set(body.istat, number, key);
  }

  /**
   * A certificate once revoked stays so; of two revocations the earlier date wins. A key that was only superseded can
   * still come into doubt: then it is in doubt from its retirement on, or from earlier.
   */
  #foldRevocation(number: number, { fingerprint, revokedFrom, reason }: Revocation): void {
    const listed = this.#tables.certificates.at(fingerprint, number);
    if (listed === undefined) return;
    const isEarlier = listed.revokedFrom === null || revokedFrom < listed.revokedFrom;
    const isWorse = listed.revocationReason === 'superseded' && reason !== 'superseded';
    if (!isEarlier && !isWorse) return;
    const isMilder = reason === 'superseded' && listed.revocationReason !== null;
    this.#tables.certificates.set(fingerprint, number, {
      ...listed,
      revokedFrom: isEarlier ? revokedFrom : listed.revokedFrom,
      revocationReason: isMilder ? listed.revocationReason : reason,
    });
  }

  #foldBorder(number: number, of: IstatCode, neighbour: IstatCode): void {
    const known = this.#tables.borders.at(of, number) ?? [];
    if (!known.includes(neighbour)) this.#tables.borders.set(of, number, [...known, neighbour].sort());
  }

  #foldProcedure(number: number, procedure: Procedure): void {
    this.#tables.procedures.set(procedureKey(procedure.code, procedure.version), number, procedure);
    const latest = this.#tables.latestProcedures.at(procedure.code, number);
    if (latest === undefined || latest.version <= procedure.version)
      this.#tables.latestProcedures.set(procedure.code, number, procedure);
  }

  #foldForm(number: number, form: FormSchema): void {
    this.#tables.forms.set(formKey(form.namespace, form.root, form.version), number, form);
    this.#tables.latestForms.set(formKey(form.namespace, form.root), number, form);
  }
}
