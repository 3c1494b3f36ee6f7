import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { ApiAnswer, systemClock } from '#platform';
import { keyBoard, type KeyStanding } from '#registry-view';
import { RegistryLedger } from '../ledger/registry-ledger.ts';

const keyStanding = z.object({
  holder: z.string(),
  role: z.string(),
  purpose: z.enum(['signing', 'transport']),
  generation: z.int(),
  fingerprint: z.string().describe('SHA-256 of the DER'),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  daysLeft: z.int(),
  state: z.enum(['announced', 'active', 'retired', 'revoked', 'expired']),
  revokedFrom: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  warning: z.union([z.literal(60), z.literal(30), z.literal(7)]).nullable(),
});

/** Who holds which certificate until when, from the registry's own chain. */
@ApiTags('certificates')
@Controller('v1/certificates')
export class CertificateBoardController {
  constructor(@Inject(RegistryLedger) private readonly ledger: RegistryLedger) {}

  @Get()
  @Requires('read')
  @ApiOperation({ summary: 'Every certificate, with its state and its end', operationId: 'listCertificates' })
  @ApiAnswer(200, 'By holder, purpose and generation', z.object({ keys: z.array(keyStanding) }))
  list(): { readonly keys: readonly KeyStanding[] } {
    return { keys: keyBoard(this.ledger.current().certificates(), systemClock.now()) };
  }
}
