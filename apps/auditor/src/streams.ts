import { topics } from '#contracts';
import type { Signer, TrustView } from '#evidence';
import { PATIENT, type StreamSettings } from '#messaging';
import type { OpenNode } from '#node';
import type { CallerRegistry } from '#peers';
import type { RegistryView } from '#registry-view';

/** What the auditor uses of the node that it runs on. */
export interface AuditNode extends Pick<OpenNode, 'name' | 'work' | 'connection' | 'streams'> {
  readonly signer: Signer;
  readonly registry: TrustView &
    CallerRegistry &
    Pick<RegistryView, 'hasVersion'> & {
      members(): readonly Pick<ReturnType<RegistryView['members']>[number], 'ipa'>[];
    };
}

/**
 * What the auditor reads: every member's outbox, every decision, receipt and operator's action, every change of the
 * registry (which the verified copy follows by itself: here its entries become leaves). Nobody waits for a leaf.
 */
export function auditorStreams({
  name,
  registry,
}: Pick<AuditNode, 'name'> & {
  readonly registry: Pick<AuditNode['registry'], 'members'>;
}): StreamSettings[] {
  return [
    {
      stream: 'events',
      topics: () => registry.members().map(({ ipa }) => topics.outbox(ipa)),
      group: `${name}.events`,
      limits: PATIENT,
    },
    { stream: 'decisions', topics: [topics.routing], group: `${name}.decisions`, limits: PATIENT },
    { stream: 'receipts', topics: [topics.receipts], group: `${name}.receipts`, limits: PATIENT },
    { stream: 'actions', topics: [topics.actions], group: `${name}.actions`, limits: PATIENT },
    { stream: 'changes', topics: [topics.registryState], group: `${name}.changes`, limits: PATIENT },
  ];
}
