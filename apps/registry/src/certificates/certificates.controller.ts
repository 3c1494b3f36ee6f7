import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { parseSha256 } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';
import { RevokeCertificate } from './revoke-certificate.ts';

const revocation = z.strictObject({
  revokedFrom: z.iso
    .datetime({ precision: 3 })
    .describe('from this moment on its signatures are refused: YYYY-MM-DDTHH:MM:SS.mmmZ'),
  reason: z.enum(['key-compromise', 'superseded', 'cessation']),
});
const published = z.object({ number: z.int(), digest: z.string() });

@ApiTags('certificates')
@Controller('v1/certificates')
export class CertificatesController {
  constructor(@Inject(RevokeCertificate) private readonly revokeCertificate: RevokeCertificate) {}

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
