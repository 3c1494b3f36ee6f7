import { CallingPeer, RequiresPeer } from '#access';
import { parseIpaCode } from '#contracts';
import { ApiAnswer, ApiProblems, ZodBody, ZodQuery } from '#platform';
import { Controller, Get, Inject, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import { AnswerPartner } from './answer-partner.ts';
import {
  itemsAnswer,
  itemsQuery,
  missingAnswer,
  missingBody,
  nodesAnswer,
  nodesQuery,
  readItem,
  statementAnswer,
  statementBody,
  writeNode,
} from './peer-shapes.ts';
import { ROOT } from './range-tree.ts';

/**
 * For the nodes of the network, over mutual TLS: comparing what two of them hold. PUT, not POST: whoever says the same
 * twice has said it once.
 */
@ApiTags('nodes')
@Controller('v1/reconciliations/peer')
@RequiresPeer()
export class PeerReconciliationController {
  constructor(@Inject(AnswerPartner) private readonly partner: AnswerPartner) {}

  @Put('statement')
  @ApiOperation({
    summary: 'The caller’s signed statement of what it holds, for this node’s own',
    operationId: 'exchangeStatements',
  })
  @ApiAnswer(200, 'This node’s signed statement of the same range', statementAnswer)
  @ApiProblems(
    'PEER_NOT_RECOGNISED',
    'RECONCILIATION_STATEMENT_FOREIGN',
    'RECONCILIATION_RANGE_INVALID',
    'CERTIFICATE_NOT_OF_AUTHOR',
    'SIGNATURE_INVALID',
  )
  async statement(
    @ZodBody(statementBody) { statement }: z.output<typeof statementBody>,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof statementAnswer>> {
    const answer = await this.partner.statement(caller, Buffer.from(statement, 'base64'));
    return { agreed: answer.agreed, statement: answer.statement.toString('base64') };
  }

  @Get('nodes')
  @ApiOperation({
    summary: 'The children of nodes in the tree over what both hold of one author',
    operationId: 'readTreeNodes',
  })
  @ApiAnswer(200, 'Of each node asked for, its children that are not empty', nodesAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED', 'RECONCILIATION_RANGE_INVALID')
  async nodes(
    @ZodQuery(nodesQuery) { author, prefixes = ROOT, ...range }: z.output<typeof nodesQuery>,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof nodesAnswer>> {
    const found = await this.partner.tree(caller, range, parseIpaCode(author)).children(prefixes.split(','));
    return {
      nodes: [...found].map(([prefix, children]) => ({
        prefix,
        children: children.map(writeNode),
      })),
    };
  }

  @Get('items')
  @ApiOperation({ summary: 'The events in buckets of that tree', operationId: 'readTreeItems' })
  @ApiAnswer(200, 'Of each bucket, its events', itemsAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED', 'RECONCILIATION_RANGE_INVALID')
  async items(
    @ZodQuery(itemsQuery) { author, prefixes, ...range }: z.output<typeof itemsQuery>,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof itemsAnswer>> {
    const found = await this.partner.tree(caller, range, parseIpaCode(author)).items(prefixes.split(','));
    return {
      buckets: [...found].map(([prefix, items]) => ({ prefix, items: [...items] })),
    };
  }

  @Put('missing')
  @ApiOperation({
    summary: 'Events that this node lacks: it fetches each from the caller and judges it like any other',
    operationId: 'tellMissing',
  })
  @ApiAnswer(200, 'What became of each', missingAnswer)
  @ApiProblems('PEER_NOT_RECOGNISED', 'RECONCILIATION_PARTNER_UNKNOWN', 'PEER_AWAY')
  async missing(
    @ZodBody(missingBody) { events }: z.output<typeof missingBody>,
    @CallingPeer() caller: X509Certificate,
  ): Promise<z.output<typeof missingAnswer>> {
    const outcomes = await this.partner.missing(caller, events.map(readItem));
    return {
      outcomes: outcomes.map(({ item: { author, eventId }, code }) => ({ author, eventId, code })),
    };
  }
}
