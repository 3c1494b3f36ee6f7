import type { FormSchema } from '../decision.ts';
import type { IpaCode, IstatCode } from '../ids.ts';
import type { Procedure, PublicBody } from '../procedure.ts';

/** A network as data: what a registry publishes when it is founded. */
export interface Catalogue {
  readonly network: string;
  /** Joined and external bodies; a joined one gets its node's URL when it joins. */
  readonly bodies: readonly PublicBody[];
  readonly borders: readonly (readonly [IstatCode, IstatCode])[];
  readonly areas: readonly { readonly code: string; readonly bodies: readonly IpaCode[] }[];
  readonly procedures: readonly Procedure[];
  /** Schemas of the network's own forms. Others come in through an import. */
  readonly forms: readonly FormSchema[];
}
