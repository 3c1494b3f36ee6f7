import { Module, type DynamicModule } from '@nestjs/common';
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

/** The registry's use cases over its open ledger. */
@Module({})
export class RegistryModule {
  static of({ ledger, reconcile, signer }: OpenRegistry): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [
        CatalogueController,
        CertificateBoardController,
        CertificatesController,
        EntriesController,
        FormsController,
      ],
      providers: [
        { provide: RegistryLedger, useValue: ledger },
        { provide: ReconcileCatalogue, useValue: reconcile },
        { provide: AnnounceCertificate, useValue: new AnnounceCertificate(ledger) },
        { provide: ImportForms, useValue: new ImportForms(ledger) },
        {
          provide: RevokeCertificate,
          useValue: new RevokeCertificate(ledger, signer.certificate.fingerprint),
        },
      ],
    };
  }
}
