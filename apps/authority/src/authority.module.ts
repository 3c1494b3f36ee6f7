import { AnswerOnce } from '#access';
import { AccessLogModule } from '#access-log';
import { ActionLog } from '#actions';
import { PartnersModule } from '#node';
import { EquivocationsModule } from '#equivocations';
import type { UnitOfWork } from '#persistence';
import { HealthRegistry, METRICS, type Metrics } from '#platform';
import { QuarantineModule } from '#quarantine';
import { StreamsModule, type StreamsParts } from '#streams';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DocumentFetching } from './documents/document-fetching.ts';
import { DocumentsController } from './documents/documents.controller.ts';
import { FindDocuments } from './documents/find-documents.ts';
import { LostDocumentsController } from './documents/lost-documents.controller.ts';
import { LostDocuments } from './documents/lost-documents.ts';
import { FeedBell } from './feed/feed-bell.ts';
import { FeedController } from './feed/feed.controller.ts';
import { ReadFeed } from './feed/read-feed.ts';
import { GiveEvents } from './gaps/give-events.ts';
import { GapsController } from './gaps/gaps.controller.ts';
import { PeerEventsController } from './gaps/peer-events.controller.ts';
import { InboxController } from './inbox/inbox.controller.ts';
import { ReceiveBatch } from './inbox/receive-batch.ts';
import { NODE_PARTS, type NodeParts } from './node-parts.ts';
import { AuthorityPartners } from './partners/authority-partners.ts';
import { AwaitDecision } from './practices/await-decision.ts';
import { FilePractice } from './practices/file-practice.ts';
import { FileTogether } from './practices/file-together.ts';
import { FindPractices } from './practices/find-practices.ts';
import { GetProof, type AuditorAddress } from './practices/get-proof.ts';
import { INTAKE_LIMITS, type IntakeLimits } from './practices/intake.ts';
import { IssueAct } from './practices/issue-act.ts';
import { OutboxBound } from './practices/outbox-bound.ts';
import { PracticesController } from './practices/practices.controller.ts';
import { ListParked } from './practices/list-parked.ts';
import { ParkedController } from './practices/parked.controller.ts';
import { ReissueEvent } from './practices/reissue-event.ts';
import { ReissueController } from './practices/reissue.controller.ts';
import { SendAgain } from './practices/send-again.ts';
import { ShowPractice } from './practices/show-practice.ts';
import { CancelRegistration } from './protocol/cancel-registration.ts';
import { DailyRegister } from './protocol/daily-register.ts';
import { FindLostNumbers } from './protocol/find-lost-numbers.ts';
import { FindRegistrations } from './protocol/find-registrations.ts';
import { ProtocolController } from './protocol/protocol.controller.ts';
import { ShowProtocol } from './protocol/show-protocol.ts';
import { authorityQuarantine } from './quarantine/authority-quarantine.ts';
import { ChangeWebhook } from './webhooks/change-webhook.ts';
import { CreateWebhook } from './webhooks/create-webhook.ts';
import { FindWebhooks } from './webhooks/find-webhooks.ts';
import { RotateWebhookSecret } from './webhooks/rotate-webhook-secret.ts';
import { TestWebhook } from './webhooks/test-webhook.ts';
import { WatchWebhooks } from './webhooks/watch-webhooks.ts';
import type { WebhookParts } from './webhooks/webhook-parts.ts';
import { WebhooksController } from './webhooks/webhooks.controller.ts';
import { PeerReconciliationController } from './reconciliation/peer-reconciliation.controller.ts';
import type { Reconciling } from './reconciliation/reconciling.ts';
import { reconciliationProviders } from './reconciliation/reconciliation-providers.ts';
import { AddCheckpoint } from './witness/add-checkpoint.ts';
import { WITNESS, type Witness } from './witness/witness.ts';
import { WitnessController } from './witness/witness.controller.ts';
import { WitnessFindingsController } from './witness/witness-findings.controller.ts';
import { ReconciliationsController } from './reconciliation/reconciliations.controller.ts';

/** What the module is composed from; `main.ts` opens and closes it. */
export interface AuthorityParts {
  readonly node: NodeParts;
  readonly limits: IntakeLimits;
  readonly auditor: AuditorAddress | null;
  readonly fetching: DocumentFetching;
  readonly bell: FeedBell;
  readonly outbox: OutboxBound;
  readonly webhooks: WebhookParts;
  readonly reconciling: Reconciling;
  readonly streams: StreamsParts;
  readonly lost: LostDocuments;
  readonly witness: Witness;
}

/** The use cases of a public body's node. */
@Module({})
export class AuthorityModule {
  static of(authority: AuthorityParts): DynamicModule {
    const { node, limits, auditor, fetching, bell, outbox, webhooks, reconciling, streams, lost } = authority;
    const receive = new ReceiveBatch(node);
    return {
      module: AuthorityModule,
      imports: [
        QuarantineModule.of({ useFactory: () => authorityQuarantine(node, receive) }),
        StreamsModule.of({ useFactory: () => streams }),
        PartnersModule.of({ useFactory: () => new AuthorityPartners(node.work, () => otherMembers(node)) }),
        EquivocationsModule.of({ useFactory: () => node }),
        AccessLogModule.of({
          useFactory: () => ({ work: node.work, actions: new ActionLog({ role: 'authority', ...node }) }),
        }),
      ],
      controllers: [
        PracticesController,
        ReissueController,
        ParkedController,
        DocumentsController,
        LostDocumentsController,
        PeerEventsController,
        GapsController,
        FeedController,
        ProtocolController,
        PeerReconciliationController,
        ReconciliationsController,
        InboxController,
        WebhooksController,
        WitnessController,
        WitnessFindingsController,
      ],
      providers: [
        { provide: NODE_PARTS, useValue: node },
        { provide: INTAKE_LIMITS, useValue: limits },
        { provide: DocumentFetching, useValue: fetching },
        { provide: LostDocuments, useValue: lost },
        { provide: FeedBell, useValue: bell },
        { provide: OutboxBound, useValue: outbox },
        AwaitDecision,
        ...reconciliationProviders(node, reconciling),
        overNode(FilePractice, node),
        {
          provide: FileTogether,
          inject: [AnswerOnce, FilePractice],
          useFactory: (answers: AnswerOnce, file: FilePractice) => new FileTogether(node, answers, file),
        },
        overNode(IssueAct, node),
        overNode(CancelRegistration, node),
        overNode(DailyRegister, node),
        overNode(ShowProtocol, node),
        overNode(FindRegistrations, node),
        overWork(FindLostNumbers, node.work),
        overNode(ReissueEvent, node),
        overNode(SendAgain, node),
        overWork(ListParked, node.work),
        { provide: ReceiveBatch, useValue: receive },
        overNode(GiveEvents, node),
        overNode(FindPractices, node),
        overNode(ShowPractice, node),
        overNode(FindDocuments, node),
        overWork(ReadFeed, node.work),
        { provide: GetProof, useValue: new GetProof(node, auditor) },
        ...pushing(node, webhooks),
        ...witnessing(node, authority.witness),
      ],
    };
  }
}

/** The use cases of pushing the feed to partners' systems. */
function pushing(node: NodeParts, webhooks: WebhookParts): Provider[] {
  return [
    overWork(FindWebhooks, node.work),
    overNode(RotateWebhookSecret, node),
    { provide: CreateWebhook, useValue: new CreateWebhook(node, webhooks) },
    { provide: ChangeWebhook, useValue: new ChangeWebhook(node, webhooks) },
    { provide: TestWebhook, useValue: new TestWebhook(node, webhooks) },
    {
      provide: WatchWebhooks,
      inject: [FindWebhooks, HealthRegistry, METRICS],
      useFactory: (find: FindWebhooks, health: HealthRegistry, metrics: Metrics) => {
        const watch = new WatchWebhooks(find);
        watch.register(health, metrics, () => node.clock.now());
        return watch;
      },
    },
  ];
}

/** The use cases of a witness of logs. */
function witnessing(node: NodeParts, witness: Witness): Provider[] {
  const found = (): void => {
    witness.reports.wake();
  };
  return [
    { provide: WITNESS, useValue: witness },
    { provide: AddCheckpoint, useValue: new AddCheckpoint({ ...node, witness: witness.settings, found }) },
  ];
}

function overNode(useCase: new (parts: NodeParts) => object, node: NodeParts): Provider {
  return { provide: useCase, useValue: new useCase(node) };
}

function overWork(useCase: new (work: UnitOfWork) => object, work: UnitOfWork): Provider {
  return { provide: useCase, useValue: new useCase(work) };
}

function otherMembers({ registry, ipa }: NodeParts): readonly string[] {
  return registry.members().flatMap((member) => (member.ipa === ipa ? [] : [member.ipa]));
}
