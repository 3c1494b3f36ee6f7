/** The organisation in every development certificate: nobody can take one for a qualified certificate. */
export const DEVELOPMENT_ORGANISATION = 'Re.Se.T. hub development (not qualified)';
export const DEVELOPMENT_CA_NAME = 'Re.Se.T. hub development CA';

/** What a holder is; `broker` and `admin` exist on the transport side only. */
export type HolderRole = 'authority' | 'router' | 'registry' | 'auditor' | 'broker' | 'admin';
export type CertificatePurpose = 'signing' | 'transport';

/** Who a certificate names. `generation` counts from 1: a new one can be let in while the old one is shut out. */
export interface HolderSubject {
  readonly holder: string;
  readonly role: HolderRole;
  readonly purpose: CertificatePurpose;
  readonly generation: number;
}

/** A distinguished name, one attribute per RDN, in the order of the encoding. */
export type Subject = readonly Readonly<Record<string, string[]>>[];

/** `CN=<holder>,OU=<role>,OU=<purpose>-g<generation>,O=…`, in this order in the encoding: the first OU is the role. */
export function subjectOf({ holder, role, purpose, generation }: HolderSubject): Subject {
  return [
    { CN: [holder] },
    { OU: [role] },
    { OU: [`${purpose}-g${String(generation)}`] },
    { O: [DEVELOPMENT_ORGANISATION] },
  ];
}
