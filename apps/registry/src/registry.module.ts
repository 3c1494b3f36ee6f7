import { Module, type DynamicModule } from '@nestjs/common';
import { AnchorsController } from './anchors/anchors.controller.ts';
import { WithdrawAnchor } from './anchors/withdraw-anchor.ts';
import { CatalogueController } from './catalogue/catalogue.controller.ts';
import { ReconcileCatalogue } from './catalogue/reconcile-catalogue.ts';
import { AnnounceCertificate } from './certificates/announce-certificate.ts';
import { CertificateBoardController } from './certificates/certificate-board.controller.ts';
import { CertificatesController } from './certificates/certificates.controller.ts';
import { RevokeCertificate } from './certificates/revoke-certificate.ts';
import { EntriesController } from './entries/entries.controller.ts';
import { FormsController } from './forms/forms.controller.ts';
import { ImportForms } from './forms/import-forms.ts';
import { RegistryLedger } from './ledger/registry-ledger.ts';
import type { OpenRegistry } from './open-registry.ts';
import { RootController } from './roots/root.controller.ts';
import { RotateRoot } from './roots/rotate-root.ts';
import { SnapshotController } from './snapshot/snapshot.controller.ts';
import { Snapshots } from './snapshot/snapshots.ts';

/** The registry's use cases over its open ledger. */
@Module({})
export class RegistryModule {
  static of({ ledger, reconcile, roots, clock }: OpenRegistry): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [
        AnchorsController,
        CatalogueController,
        CertificateBoardController,
        CertificatesController,
        EntriesController,
        FormsController,
        RootController,
        SnapshotController,
      ],
      providers: [
        { provide: RegistryLedger, useValue: ledger },
        { provide: ReconcileCatalogue, useValue: reconcile },
        { provide: AnnounceCertificate, useValue: new AnnounceCertificate(ledger) },
        { provide: ImportForms, useValue: new ImportForms(ledger) },
        { provide: RevokeCertificate, useValue: new RevokeCertificate(ledger) },
        { provide: WithdrawAnchor, useValue: new WithdrawAnchor(ledger) },
        { provide: RotateRoot, useValue: new RotateRoot(ledger, roots) },
        { provide: Snapshots, useValue: new Snapshots(ledger, clock) },
      ],
    };
  }
}
