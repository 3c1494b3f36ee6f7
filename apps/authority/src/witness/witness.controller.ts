import { CallingPeer, Public, RequiresPeer } from '#access';
import { HubError } from '#errors';
import { ApiAnswer, ApiProblems, readBytes, ZodParam } from '#platform';
import { MAX_ADD_CHECKPOINT_BYTES } from '#tlog';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { AddCheckpoint } from './add-checkpoint.ts';
import { statementOf } from './state-key.ts';
import { WITNESS, type Witness } from './witness.ts';
import { cosignedNote } from './witness-state.ts';

const witnessKey = z.object({
  vkey: z.string().describe('The key of the cosignatures, of type 0x04'),
  statement: z
    .string()
    .describe(
      'The signed action witness.key-published, base64: this node’s seal says that the key is its own',
    ),
});

/**
 * This node as a witness, in the formats of c2sp.org/tlog-witness. Outside `/v1`: its paths and answers are not ours to
 * number.
 */
@ApiTags('witness')
@Controller('witness')
export class WitnessController {
  constructor(
    @Inject(AddCheckpoint) private readonly add: AddCheckpoint,
    @Inject(WITNESS) private readonly witness: Witness,
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
  ) {}

  @Post('add-checkpoint')
  @RequiresPeer()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cosign a log’s checkpoint (C2SP tlog-witness), for the node of the log',
    operationId: 'addCheckpoint',
  })
  @ApiConsumes('text/plain')
  @ApiBody({ schema: { type: 'string' }, description: 'old <size>, proof lines, an empty line, checkpoint' })
  @ApiAnswer(200, 'The cosignature, one signature line')
  @ApiAnswer(409, 'Another size was cosigned last: the body is that size, text/x.tlog.size')
  @ApiProblems(
    'WITNESS_REQUEST_MALFORMED',
    'WITNESS_SIGNATURE_REFUSED',
    'PEER_NOT_RECOGNISED',
    'WITNESS_LOG_UNKNOWN',
    'LOG_CONSISTENCY_INVALID',
    'BODY_TOO_LARGE',
  )
  async addCheckpoint(
    @Req() request: Request,
    @CallingPeer() caller: X509Certificate,
    @Res() response: Response,
  ): Promise<void> {
    const answer = await this.add.run(caller, await readBytes(request, MAX_ADD_CHECKPOINT_BYTES));
    // Not `send`: Express would add a charset to the content type.
    response.status(answer.status).setHeader('Content-Type', answer.contentType).end(answer.body);
  }

  @Get('key')
  @Public()
  @ApiOperation({ summary: 'The witness’s key, and whose it is', operationId: 'getWitnessKey' })
  @ApiAnswer(200, 'Whoever has the registry can verify the statement', witnessKey)
  @ApiProblems('WITNESS_ABSENT', 'WITNESS_NOT_READY')
  async key(): Promise<z.output<typeof witnessKey>> {
    const { settings } = this.witness;
    if (settings === null) throw new HubError('WITNESS_ABSENT', `${this.parts.ipa} has no witness key`);
    const { vkey } = settings.cosigner.verifier;
    const { item } = await this.parts.work.run((tx) => statementOf(tx, vkey));
    return { vkey, statement: item.toString('base64') };
  }

  @Get(':originHash/checkpoint')
  @Public()
  @ApiOperation({
    summary: 'The latest checkpoint cosigned here of a log, named by the SHA-256 of its origin',
    operationId: 'getCosignedCheckpoint',
  })
  @ApiAnswer(200, 'A C2SP tlog-checkpoint with the cosignature, text/plain')
  @ApiProblems('WITNESS_LOG_UNKNOWN')
  async cosigned(
    @ZodParam('originHash', z.string().regex(/^[0-9a-f]{64}$/)) hash: string,
    @Res() response: Response,
  ): Promise<void> {
    const note = await this.parts.work.run((tx) => cosignedNote(tx, hash));
    if (note === undefined) {
      throw new HubError('WITNESS_LOG_UNKNOWN', `nothing was cosigned here of a log whose origin is ${hash}`);
    }
    response.setHeader('Content-Type', 'text/plain; charset=utf-8').setHeader('Cache-Control', 'no-cache');
    response.end(note);
  }
}
