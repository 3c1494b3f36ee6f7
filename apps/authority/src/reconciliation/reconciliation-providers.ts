import { HealthRegistry, METRICS, type Metrics } from '#platform';
import type { Provider } from '@nestjs/common';
import type { NodeParts } from '../node-parts.ts';
import { AnswerPartner } from './answer-partner.ts';
import { FindReconciliations } from './find-reconciliations.ts';
import { OrderReconciliation } from './order-reconciliation.ts';
import { Reconciling } from './reconciling.ts';
import { ReconciliationWatch } from './reconciliation-watch.ts';

/** The use cases of reconciliation. */
export function reconciliationProviders(node: NodeParts, reconciling: Reconciling): Provider[] {
  return [
    { provide: Reconciling, useValue: reconciling },
    {
      provide: AnswerPartner,
      useFactory: () => new AnswerPartner(node, reconciling.client, reconciling.heal),
    },
    { provide: OrderReconciliation, useFactory: () => new OrderReconciliation(node, reconciling.settings) },
    { provide: FindReconciliations, useValue: new FindReconciliations(node.work) },
    {
      provide: ReconciliationWatch,
      inject: [METRICS, HealthRegistry],
      useFactory: (metrics: Metrics, health: HealthRegistry) =>
        new ReconciliationWatch(node.work, metrics, health),
    },
  ];
}
