import { X509Certificate } from 'node:crypto';
import type {
  FormSchema,
  IpaCode,
  IstatCode,
  Procedure,
  PublicBody,
  RoutingRegistry,
  Sha256,
} from '#contracts';
import type { ExternalAnchor, RevocationList, TrustView } from '#evidence';
import { earliest, issuerOf } from './fold-trust.ts';
import { formKey, procedureKey, type CertificateStanding, type RegistryTables } from './tables.ts';

/** The registry as it was after one entry: what routing, life cycle and signature checks look at. Never changes. */
export class RegistryAtVersion implements RoutingRegistry, TrustView {
  readonly #tables: RegistryTables;
  #anchors: readonly X509Certificate[] | undefined;
  #external: readonly ExternalAnchor[] | undefined;

  constructor(
    tables: RegistryTables,
    /** Number of the last entry seen; 0 for the empty registry. */
    readonly number: number,
  ) {
    this.#tables = tables;
  }

  /** The network's name; undefined before it is founded. */
  get network(): string | undefined {
    return this.#tables.foundation.at(this.number)?.network;
  }

  /** The certificates under which every other stands. */
  get anchors(): readonly X509Certificate[] {
    // Parsed for whoever asks: the chain itself looks at a version for each entry, and never at these.
    this.#anchors ??= (this.#tables.foundation.at(this.number)?.anchors ?? []).map(
      (der) => new X509Certificate(Buffer.from(der, 'base64')),
    );
    return this.#anchors;
  }

  /** Issuers of others that were published, the withdrawn ones too. */
  get external(): readonly ExternalAnchor[] {
    this.#external ??= [...this.#tables.externalIssuers.valuesAt(this.number)].map(
      ({ der, withdrawnFrom }) => ({
        certificate: new X509Certificate(Buffer.from(der, 'base64')),
        withdrawnFrom,
      }),
    );
    return this.#external;
  }

  /** An anchor, own or external, by the SHA-256 of its DER. */
  issuer(fingerprint: Sha256): X509Certificate | undefined {
    return issuerOf(this.#tables, this.number, fingerprint);
  }

  /** The newest revocation list of each issuer that has published one. */
  crls(): readonly RevocationList[] {
    return [...this.#tables.crls.valuesAt(this.number)];
  }

  certificate(fingerprint: Sha256): CertificateStanding | undefined {
    const listed = this.#tables.certificates.at(fingerprint, this.number);
    return listed === undefined ? undefined : this.#judged(listed);
  }

  certificates(): readonly CertificateStanding[] {
    return [...this.#tables.certificates.valuesAt(this.number)].map((listed) => this.#judged(listed));
  }

  procedure(code: string, version: number): Procedure | undefined {
    return this.#tables.procedures.at(procedureKey(code, version), this.number);
  }

  /** The highest version of a procedure. */
  latestProcedure(code: string): Procedure | undefined {
    return this.#tables.latestProcedures.at(code, this.number);
  }

  /** The highest version of every procedure, by code. */
  procedures(): readonly Procedure[] {
    return [...this.#tables.latestProcedures.valuesAt(this.number)].sort((a, b) => order(a.code, b.code));
  }

  /** A body by IPA code, whatever its letter case. */
  body(ipa: IpaCode): PublicBody | undefined {
    return this.#tables.bodies.at(ipa.toLowerCase(), this.number);
  }

  /** Every body known, joined or not, by IPA code. */
  bodies(): readonly PublicBody[] {
    return [...this.#tables.bodies.valuesAt(this.number)].sort(byIpa);
  }

  /** The bodies that have a node. */
  members(): readonly PublicBody[] {
    return this.bodies().filter((body) => body.joined);
  }

  municipality(istat: IstatCode): PublicBody | undefined {
    const key = this.#tables.municipalities.at(istat, this.number);
    const body = key === undefined ? undefined : this.#tables.bodies.at(key, this.number);
    return body?.istat === istat ? body : undefined;
  }

  /** Bordering municipalities that the registry knows as bodies, in the order of their ISTAT codes. */
  bordering(istat: IstatCode): readonly PublicBody[] {
    return this.borders(istat)
      .map((code) => this.municipality(code))
      .filter((body) => body !== undefined);
  }

  /** ISTAT codes of the bordering municipalities, ascending. */
  borders(istat: IstatCode): readonly IstatCode[] {
    return this.#tables.borders.at(istat, this.number) ?? [];
  }

  /** The known bodies of a declared area, by IPA code; empty for an unknown one. */
  area(code: string): readonly PublicBody[] {
    return (this.areaCodes(code) ?? [])
      .map((ipa) => this.body(ipa))
      .filter((body) => body !== undefined)
      .sort(byIpa);
  }

  /** IPA codes of a declared area as published; undefined for an unknown one. */
  areaCodes(code: string): readonly IpaCode[] | undefined {
    return this.#tables.areas.at(code, this.number);
  }

  /** A form's schema: the version asked for, else the one published last. */
  formSchema(namespace: string, root: string, version?: string): FormSchema | undefined {
    return version === undefined
      ? this.#tables.latestForms.at(formKey(namespace, root), this.number)
      : this.#tables.forms.at(formKey(namespace, root, version), this.number);
  }

  /** Number of the entry that published this version of a form. */
  formPublishedBy(namespace: string, root: string, version: string): number | undefined {
    return this.#tables.forms.setBy(formKey(namespace, root, version), this.number);
  }

  /** The last published version of every form, by namespace and root. */
  forms(): readonly FormSchema[] {
    return [...this.#tables.latestForms.valuesAt(this.number)].sort((a, b) =>
      order(formKey(a.namespace, a.root), formKey(b.namespace, b.root)),
    );
  }

  /** Registry and issuer: either revokes, and the earlier time counts. */
  #judged(listed: CertificateStanding): CertificateStanding {
    const word = this.#tables.issuersWords.at(listed.fingerprint, this.number);
    if (word === undefined) return listed;
    const said = earliest(word.revokedFrom, word.suspendedFrom);
    return {
      ...listed,
      revokedFrom: earliest(listed.revokedFrom, said),
      // With an issuer's word against it a key is in doubt, whatever the registry says of it.
      revocationReason: said === null ? listed.revocationReason : null,
    };
  }
}

/** Order by code unit, the same on every machine (no locale). */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byIpa(a: PublicBody, b: PublicBody): number {
  return order(a.ipa.toLowerCase(), b.ipa.toLowerCase());
}
