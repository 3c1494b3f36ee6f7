import { AccessLog, AccessLogModule } from '#access-log';
import { ActionLog } from '#actions';
import { topics } from '#contracts';
import { EquivocationsModule } from '#equivocations';
import { attributedTo } from '#evidence';
import { OPEN_NODE, PartnersModule, type OpenNode } from '#node';
import { CLOCK, IDS, type Clock, type IdSource } from '#platform';
import { QuarantineModule } from '#quarantine';
import { ownTopicsApart, REGISTRY_APART, StreamsModule } from '#streams';
import { Module } from '@nestjs/common';
import { CoveredController } from './certificates/covered.controller.ts';
import { ListCovered } from './certificates/list-covered.ts';
import { RouterPartners } from './partners/router-partners.ts';
import { GiveEvents } from './gaps/give-events.ts';
import { PeerEventsController } from './gaps/peer-events.controller.ts';
import { WaitingController } from './gaps/waiting.controller.ts';
import { routerQuarantine } from './quarantine/router-quarantine.ts';
import { ForwardReceipts } from './receipts/forward-receipts.ts';
import { RouteBatch } from './routing/route-batch.ts';
import { StreamsController } from './streams.controller.ts';

/** The use cases that judge records, for the streams and for a release. */
@Module({
  providers: [
    {
      provide: RouteBatch,
      inject: [OPEN_NODE, CLOCK, IDS],
      useFactory: (
        { name, work, registry, verifier, signer, logger }: OpenNode,
        clock: Clock,
        ids: IdSource,
      ) => new RouteBatch({ name, work, registry, verifier, signer, clock, ids, logger }),
    },
    {
      provide: ForwardReceipts,
      inject: [OPEN_NODE, CLOCK, IDS],
      useFactory: ({ work, registry, verifier }: OpenNode, clock: Clock, ids: IdSource) =>
        new ForwardReceipts({ work, registry, verifier, clock, ids }),
    },
  ],
  exports: [RouteBatch, ForwardReceipts],
})
class JudgingModule {}

const quarantine = QuarantineModule.of({
  imports: [JudgingModule],
  inject: [OPEN_NODE, CLOCK, IDS, RouteBatch, ForwardReceipts],
  useFactory: (
    { work, signer, registry }: OpenNode,
    clock: Clock,
    ids: IdSource,
    route: RouteBatch,
    forward: ForwardReceipts,
  ) => {
    const actions = new ActionLog({ role: 'router', signer, clock, ids });
    const attribute = (bytes: Buffer): string | null => attributedTo(bytes, registry);
    return routerQuarantine({ work, clock, ids, actions, attributedTo: attribute }, route, forward);
  },
});

const streams = StreamsModule.of({
  inject: [OPEN_NODE, CLOCK, IDS],
  useFactory: ({ work, connection, streams, signer }: OpenNode, clock: Clock, ids: IdSource) => ({
    ...{ at: 'router', work, connection, streams, clock, ids },
    actions: new ActionLog({ role: 'router', signer, clock, ids }),
    apart: [REGISTRY_APART, ownTopicsApart([topics.routing])],
  }),
});

const partners = PartnersModule.of({
  inject: [OPEN_NODE, CLOCK],
  useFactory: ({ work, registry, watch }: OpenNode, clock: Clock) =>
    new RouterPartners(
      work,
      clock,
      () => registry.members().map(({ ipa }) => ipa),
      () => watch.lags,
    ),
});

const equivocations = EquivocationsModule.of({
  inject: [OPEN_NODE, CLOCK, IDS],
  useFactory: ({ work, name }: OpenNode, clock: Clock, ids: IdSource) => ({
    work,
    accesses: new AccessLog({ node: name, clock, ids }),
  }),
});

const accesses = AccessLogModule.of({
  inject: [OPEN_NODE, CLOCK, IDS],
  useFactory: ({ work, signer }: OpenNode, clock: Clock, ids: IdSource) => ({
    work,
    actions: new ActionLog({ role: 'router', signer, clock, ids }),
  }),
});

/** The router's use cases over an open node. */
@Module({
  imports: [JudgingModule, quarantine, streams, partners, equivocations, accesses],
  controllers: [CoveredController, PeerEventsController, WaitingController, StreamsController],
  providers: [
    {
      provide: ListCovered,
      inject: [OPEN_NODE],
      useFactory: ({ work, registry }: OpenNode) => new ListCovered(work, registry),
    },
    {
      provide: GiveEvents,
      inject: [OPEN_NODE, CLOCK],
      useFactory: ({ work, registry }: OpenNode, clock: Clock) => new GiveEvents({ work, registry, clock }),
    },
  ],
})
export class RouterModule {}
