import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import { parseSha256 } from '#contracts';
import { sha256Hex } from '#evidence';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';
import { RegistryLedger } from '../ledger/registry-ledger.ts';
import { WithdrawAnchor } from './withdraw-anchor.ts';

const withdrawal = z.strictObject({
  withdrawnFrom: z.iso
    .datetime({ precision: 3 })
    .describe('from this moment on nothing under it is accepted: YYYY-MM-DDTHH:MM:SS.mmmZ'),
});
const published = z.object({ number: z.int(), digest: z.string() });
const anchors = z.object({
  anchors: z.array(
    z.object({
      fingerprint: z.string(),
      subject: z.string(),
      withdrawnFrom: z.string().nullable(),
      crl: z
        .object({ thisUpdate: z.string(), nextUpdate: z.string(), revoked: z.int() })
        .nullable()
        .describe('its newest revocation list, if one was published'),
    }),
  ),
});

@ApiTags('anchors')
@Controller('v1/anchors')
export class AnchorsController {
  constructor(
    @Inject(RegistryLedger) private readonly ledger: RegistryLedger,
    @Inject(WithdrawAnchor) private readonly withdrawAnchor: WithdrawAnchor,
  ) {}

  @Get()
  @Requires('read')
  @ApiOperation({ summary: 'Every trust anchor, the network’s own first', operationId: 'listAnchors' })
  @ApiAnswer(200, 'Anchors with their revocation lists', anchors)
  list(): z.infer<typeof anchors> {
    const current = this.ledger.current();
    const own = current.anchors.map((certificate) => ({ certificate, withdrawnFrom: null }));
    const lists = new Map(current.crls().map((list) => [list.issuer, list]));
    return {
      anchors: [...own, ...current.external].map(({ certificate, withdrawnFrom }) => {
        const fingerprint = sha256Hex(certificate.raw);
        const list = lists.get(fingerprint);
        const crl =
          list === undefined
            ? null
            : {
                thisUpdate: list.thisUpdate.toISOString(),
                nextUpdate: list.nextUpdate.toISOString(),
                revoked: list.size,
              };
        return { fingerprint, subject: certificate.subject.replaceAll('\n', ', '), withdrawnFrom, crl };
      }),
    };
  }

  @Post(':fingerprint/withdraw')
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({ summary: 'Withdraw an external issuer', operationId: 'withdrawAnchor' })
  @ApiAnswer(200, 'The entry that withdraws it', published)
  @ApiProblems('ANCHOR_NOT_LISTED', 'ANCHOR_ALREADY_WITHDRAWN')
  async withdraw(
    @ZodParam('fingerprint', z.string().regex(/^[0-9a-f]{64}$/)) fingerprint: string,
    @ZodBody(withdrawal) body: z.infer<typeof withdrawal>,
  ): Promise<z.infer<typeof published>> {
    const { number, digest } = await this.withdrawAnchor.run({
      fingerprint: parseSha256(fingerprint),
      ...body,
    });
    return { number, digest };
  }
}
