/** The registry as it stood at a time, for people who ask what was in force then. Pure. */
import type { Condition, Selector } from '#contracts';
import { sha256Hex } from '#evidence';
import type { CertificateStanding, RegistryAtVersion } from '#registry-chain';

export type Standing = 'in-force' | 'not-yet-valid' | 'expired' | 'revoked';

export interface RegistryThen {
  readonly at: string;
  /** The registry's last entry by then. */
  readonly number: number;
  readonly network: string | null;
  /** The routing table: every rule of every procedure, the latest version of each. */
  readonly rules: readonly {
    readonly procedure: string;
    readonly version: number;
    readonly rule: string;
    readonly part: string;
    readonly legalBasis: string;
    readonly when: Condition;
    readonly concerns: Selector;
    /** Of an area, its bodies then. */
    readonly bodies: readonly string[];
  }[];
  readonly bodies: readonly { readonly ipa: string; readonly name: string; readonly joined: boolean }[];
  /** The trust list: every certificate that was listed, and how it stood. */
  readonly certificates: readonly {
    readonly holder: string;
    readonly role: string;
    readonly purpose: string;
    readonly fingerprint: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly revokedFrom: string | null;
    readonly standing: Standing;
  }[];
  /** SHA-256 of the roots under which the network stood, old ones too, and of issuers from outside. */
  readonly roots: readonly string[];
  readonly issuers: readonly { readonly fingerprint: string; readonly withdrawnFrom: string | null }[];
}

export function registryThen(registry: RegistryAtVersion, at: Date): RegistryThen {
  const time = at.toISOString();
  return {
    at: time,
    number: registry.number,
    network: registry.network ?? null,
    rules: registry.procedures().flatMap(({ code, version, rules }) =>
      rules.map(({ id, part, legalBasis, when, recipients }) => ({
        procedure: code,
        version,
        rule: id,
        part,
        legalBasis,
        when,
        concerns: recipients,
        bodies: recipients.by === 'area' ? registry.area(recipients.code).map(({ ipa }) => ipa) : [],
      })),
    ),
    bodies: registry.bodies().map(({ ipa, name, joined }) => ({ ipa, name, joined })),
    certificates: registry
      .certificates()
      .map(({ holder, role, purpose, fingerprint, notBefore, notAfter, revokedFrom }) => {
        const standing = standingOf({ notBefore, notAfter, revokedFrom }, time);
        return { holder, role, purpose, fingerprint, notBefore, notAfter, revokedFrom, standing };
      })
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    roots: registry.anchors.map(({ raw }) => sha256Hex(raw)),
    issuers: registry.external.map(({ certificate, withdrawnFrom }) => {
      return { fingerprint: sha256Hex(certificate.raw), withdrawnFrom };
    }),
  };
}

type Validity = Pick<CertificateStanding, 'notBefore' | 'notAfter' | 'revokedFrom'>;

/** A revocation that the registry announced for a later time had not begun. */
function standingOf({ notBefore, notAfter, revokedFrom }: Validity, time: string): Standing {
  if (revokedFrom !== null && Date.parse(revokedFrom) <= Date.parse(time)) return 'revoked';
  if (Date.parse(notAfter) < Date.parse(time)) return 'expired';
  return Date.parse(notBefore) > Date.parse(time) ? 'not-yet-valid' : 'in-force';
}

function keyOf({ role, holder, purpose, notBefore }: RegistryThen['certificates'][number]): string {
  return [role, holder, purpose, notBefore].join('\n');
}
