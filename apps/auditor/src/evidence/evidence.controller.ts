import { Writable } from 'node:stream';
import { ContainerWriter, packEvidence } from '#audit';
import { RequiresPeer } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { ApiAnswer, ApiProblems, FewAtOnce, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { CallingMembers } from '../served/calling-members.ts';
import type { EvidenceParts } from './evidence-parts.ts';
import { PracticeEvidence } from './practice-evidence.ts';

/** Nest token of {@link EvidenceParts}. */
export const EVIDENCE_PARTS = Symbol('EvidenceParts');

/** Containers that are made at once: each reads documents by the dozen. Others wait for their turn. */
const AT_ONCE = 2;
const TYPE = 'application/vnd.etsi.asic-e+zip';

const ipa = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const uuid = z.uuid().toLowerCase();
const evidenceQuery = z.object({
  unwitnessed: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true`: also while not enough witnesses have cosigned the log so far'),
  registry: z
    .enum(['part', 'whole'])
    .default('part')
    .describe('`whole`: the registry’s whole chain, which shows that no revocation is missing'),
});
const unownedQuery = evidenceQuery.extend({
  owner: ipa.optional().describe('IPA code of the owner, when two have this id'),
});

const PROBLEMS = [
  ...['PEER_NOT_RECOGNISED', 'NOT_A_PARTICIPANT', 'PRACTICE_NOT_FOUND'],
  ...['LOG_NOT_READY', 'LOG_NOT_WITNESSED', 'EVIDENCE_TOO_LARGE', 'REGISTRY_VERSION_UNKNOWN'],
] as const;

/** What a party gets on an access request (accesso agli atti). */
@ApiTags('log')
@Controller()
export class EvidenceController {
  readonly #few = new FewAtOnce(AT_ONCE);

  constructor(
    @Inject(PracticeEvidence) private readonly evidence: PracticeEvidence,
    @Inject(CallingMembers) private readonly members: CallingMembers,
    @Inject(EVIDENCE_PARTS) private readonly parts: EvidenceParts,
  ) {}

  @Get('v1/practices/:uuid/evidence')
  @RequiresPeer('audit')
  @ApiOperation({
    summary: 'A practice’s evidence: an ASiC-E container, sealed by this node',
    operationId: 'getEvidence',
    description: 'For a token with scope `audit`, or the node of a participant.',
  })
  @ApiProduces(TYPE)
  @ApiAnswer(200, 'Events, decisions, receipts, proofs, certificates and a summary in Italian')
  @ApiProblems(...PROBLEMS, 'PRACTICE_AMBIGUOUS')
  async practice(
    @ZodParam('uuid', uuid) practice: string,
    @ZodQuery(unownedQuery) query: z.infer<typeof unownedQuery>,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.#send(practice, query, { request, response, reader });
  }

  @Get('v1/practices/:owner/:uuid/evidence')
  @RequiresPeer('audit')
  @ApiOperation({
    summary: 'The same, of a practice whose owner is named',
    operationId: 'getEvidenceOfOwner',
  })
  @ApiProduces(TYPE)
  @ApiAnswer(200, 'Events, decisions, receipts, proofs, certificates and a summary in Italian')
  @ApiProblems(...PROBLEMS)
  async practiceOfOwner(
    @ZodParam('owner', ipa) owner: string,
    @ZodParam('uuid', uuid) practice: string,
    @ZodQuery(evidenceQuery) query: z.infer<typeof evidenceQuery>,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.#send(practice, { ...query, owner }, { request, response, reader });
  }

  /** Sends it while it is made. What fails in the middle cuts the answer off: without its end it is no container. */
  async #send(
    practice: string,
    { owner, unwitnessed, registry }: z.infer<typeof unownedQuery>,
    { request, response, reader }: { request: Request; response: Response; reader: Reader | null },
  ): Promise<void> {
    const member = this.members.of(request);
    await this.#few.run(async () => {
      const query = { owner, uuid: practice, unwitnessed: unwitnessed === 'true' };
      const source = await this.evidence.grant(query, { member, reader });
      const { signer, clock } = this.parts;
      response.attachment(`${source.practice.owner}-${practice}.zip`).type(TYPE);
      response.set('Cache-Control', 'no-store');
      const writer = await ContainerWriter.open(Writable.toWeb(response));
      await packEvidence(source, writer, { signer, at: clock.now(), wholeRegistry: registry === 'whole' });
    });
  }
}
