import { ActionLog } from '#actions';
import { AnswerOnce, contentDigest, Repeatable, Requires, type RepeatableCaller } from '#access';
import type { Tx } from '#persistence';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import {
  acknowledgeFinding,
  findingEvidence,
  findingShape,
  listFindings,
  readKeptFinding,
  type FindingEvidence,
  type FindingView,
} from './finding-store.ts';
import { WITNESS, type Witness } from './witness.ts';
import { listWitnessStates } from './witness-state.ts';

const query = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

const witnessView = z.object({
  vkey: z.string().nullable().describe('null: this node is no witness'),
  logs: z
    .array(
      z.object({
        origin: z.string(),
        size: z.number().int().nullable().describe('Of the checkpoint cosigned last; null before the first'),
        cosignedAt: z.date().nullable(),
        note: z.string().nullable().describe('That checkpoint, with the log’s signature and this witness’s'),
      }),
    )
    .describe('Those that it follows'),
  findings: z
    .array(findingShape)
    .describe('What logs have shown that does not fit together, the newest first'),
});

/** This node as a witness, for its operator. */
@ApiTags('witness')
@Controller('v1/witness')
export class WitnessFindingsController {
  constructor(
    @Inject(WITNESS) private readonly witness: Witness,
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(AnswerOnce) private readonly answers: AnswerOnce,
  ) {}

  @Get()
  @Requires('read', 'quarantine')
  @ApiOperation({ summary: 'What this witness has cosigned, and what it refused', operationId: 'getWitness' })
  @ApiAnswer(200, 'Findings without what was signed', witnessView)
  @ApiProblems('REQUEST_INVALID')
  async show(@ZodQuery(query) { limit }: z.output<typeof query>): Promise<z.output<typeof witnessView>> {
    const { settings } = this.witness;
    const { states, findings } = await this.parts.work.read(async (tx) => ({
      states: await listWitnessStates(tx),
      findings: await listFindings(tx, limit),
    }));
    const logs = (settings?.logs ?? []).map(({ origin }) => {
      const state = states.find((one) => one.origin === origin);
      return {
        origin,
        size: state?.size ?? null,
        cosignedAt: state === undefined ? null : new Date(state.time * 1000),
        note: state?.note.toString('utf8') ?? null,
      };
    });
    return { vkey: settings?.cosigner.verifier.vkey ?? null, logs, findings: [...findings] };
  }

  @Get('findings/:id')
  @Requires('read', 'quarantine')
  @ApiOperation({ summary: 'A finding, with what the log has signed', operationId: 'getWitnessFinding' })
  @ApiAnswer(200, 'The evidence verifies with the log’s vkey alone', findingEvidence)
  @ApiProblems('WITNESS_FINDING_NOT_FOUND')
  finding(@ZodParam('id', z.uuid()) id: string): Promise<FindingEvidence> {
    return this.parts.work.run((tx) => readKeptFinding(tx, id));
  }

  @Post('findings/:id/acknowledge')
  @Requires('quarantine')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say that a finding was seen: ends the alarm',
    operationId: 'acknowledgeWitnessFinding',
  })
  @ApiAnswer(200, 'The evidence stays; that it was seen is a signed action', findingShape)
  @ApiProblems('WITNESS_FINDING_NOT_FOUND', 'SIGNING_KEY_UNAVAILABLE')
  async acknowledge(
    @ZodParam('id', z.uuid()) id: string,
    @Repeatable() caller: RepeatableCaller,
  ): Promise<FindingView> {
    const attempt = {
      ...caller,
      contentDigest: contentDigest(`POST /v1/witness/findings/${id}/acknowledge`),
    };
    const { answer } = await this.answers.run(attempt, (tx) => this.#acknowledge(tx, id, caller.tokenId));
    return answer;
  }

  async #acknowledge(tx: Tx, id: string, tokenId: string): Promise<FindingView> {
    const { signer, clock, ids } = this.parts;
    const finding = await acknowledgeFinding(tx, id, clock.now());
    await new ActionLog({ role: 'authority', signer, clock, ids }).append(tx, [
      {
        kind: 'witness.finding-acknowledged',
        outcome: 'acknowledged',
        subject: `witness-finding/${id}`,
        tokenId,
        details: [{ name: 'finding', value: finding.kind }],
      },
    ]);
    return finding;
  }
}
