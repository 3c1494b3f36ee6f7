import type { Decision } from '../decision.ts';
import type { HubEvent, RegistryVersion } from '../event.ts';
import type { Sha256 } from '../ids.ts';
import type { Participant, RuleEvaluation } from '../procedure.ts';

/** The version of `contracts/xsd/decision-1.xsd` that a router writes. */
const DECISION_VERSION = '1.0';

/** What a decision is made from: everything in it is named in the decision itself, so a replay gives the same bytes. */
export interface DecisionInput {
  readonly router: string;
  readonly at: Date;
  readonly event: HubEvent;
  readonly digest: Sha256;
  readonly signedInfoDigest: Sha256;
  readonly position: number;
  readonly registry: RegistryVersion;
  readonly participants: readonly Participant[];
  readonly rules: readonly RuleEvaluation[];
}

/** The decision that gives an accepted event its place. Pure. */
export function decide(input: DecisionInput): Decision {
  const { event } = input;
  return {
    version: DECISION_VERSION,
    router: input.router,
    time: input.at.toISOString(),
    event: {
      author: event.author.ipa,
      id: event.id,
      type: event.type,
      digest: input.digest,
      signedInfoDigest: input.signedInfoDigest,
    },
    practice: event.practice,
    position: input.position,
    registry: input.registry,
    procedure: event.procedure,
    participants: input.participants,
    rules: input.rules,
  };
}
