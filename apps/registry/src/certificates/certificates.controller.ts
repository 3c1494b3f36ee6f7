import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { parseSha256, REVOCATION_REASONS } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';
import { AnnounceCertificate } from './announce-certificate.ts';
import { RevokeCertificate } from './revoke-certificate.ts';

const revocation = z.strictObject({
  revokedFrom: z.iso
    .datetime({ precision: 3 })
    .describe('from this moment on its signatures are refused: YYYY-MM-DDTHH:MM:SS.mmmZ'),
  reason: z.enum(REVOCATION_REASONS),
});
const announcement = z.strictObject({ pem: z.string().max(16_384).describe('the certificate, PEM') });
const published = z.object({ number: z.int(), digest: z.string() });

@ApiTags('certificates')
@Controller('v1/certificates')
export class CertificatesController {
  constructor(
    @Inject(RevokeCertificate) private readonly revokeCertificate: RevokeCertificate,
    @Inject(AnnounceCertificate) private readonly announceCertificate: AnnounceCertificate,
  ) {}

  @Post()
  @Requires('admin')
  @ApiOperation({ summary: 'Announce a holder’s next certificate', operationId: 'announceCertificate' })
  @ApiAnswer(201, 'The entry that lists it', published)
  @ApiProblems('CERTIFICATE_MALFORMED', 'CERTIFICATE_UNTRUSTED', 'CERTIFICATE_NOT_NEXT')
  async announce(
    @ZodBody(announcement) { pem }: z.infer<typeof announcement>,
  ): Promise<z.infer<typeof published>> {
    const { number, digest } = await this.announceCertificate.run(pem);
    return { number, digest };
  }

  @Post(':fingerprint/revoke')
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({ summary: 'Revoke a certificate', operationId: 'revokeCertificate' })
  @ApiAnswer(200, 'The entry that revokes it', published)
  @ApiProblems('CERTIFICATE_NOT_LISTED', 'CERTIFICATE_ALREADY_REVOKED', 'CERTIFICATE_IN_USE')
  async revoke(
    @ZodParam('fingerprint', z.string().regex(/^[0-9a-f]{64}$/)) fingerprint: string,
    @ZodBody(revocation) body: z.infer<typeof revocation>,
  ): Promise<z.infer<typeof published>> {
    const { number, digest } = await this.revokeCertificate.run({
      fingerprint: parseSha256(fingerprint),
      ...body,
    });
    return { number, digest };
  }
}
