import { CallingPeer, Requires, RequiresPeer } from '#access';
import { ReadBy, type Reader } from '#access-log';
import { parseDocumentId, parseIpaCode, parsePracticeId } from '#contracts';
import { readDecisionHeader, serveDocument, type ServeOptions } from '#documents';
import { HubError } from '#errors';
import { ApiAnswer, ApiProblems, ZodParam, ZodQuery } from '#platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { NODE_PARTS, type NodeParts } from '../node-parts.ts';
import { ownerQuery, uuidParam, type OwnerQuery } from '../practices/path-params.ts';
import { findPractice } from '../practices/practice-rows.ts';
import { authorizeNode } from './authorize-node.ts';
import { FindDocuments, type DocumentView } from './find-documents.ts';
import { LostDocuments } from './lost-documents.ts';
import { foundSignature, signatureCheck } from './signature-shapes.ts';

const documentView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  author: z.string(),
  role: z.string(),
  mediaType: z.string(),
  size: z.number().int(),
  name: z.string().nullable(),
  status: z
    .enum(['complete', 'fetching', 'author-away', 'refused', 'lost'])
    .describe('lost: it was here and is missing from the disk; it is being fetched back'),
  awaySince: z.iso.datetime().nullable(),
  saltedDigest: z.string(),
  sha256: z.string().nullable(),
  signatures: z.array(foundSignature),
  signatureCheck: signatureCheck.nullable(),
});

/** What the store says of a document that is complete by its row and not to be read. */
const LOST: ReadonlySet<string> = new Set(['DOCUMENT_NOT_FOUND', 'DOCUMENT_CORRUPT']);

interface Serving extends Pick<ServeOptions, 'key' | 'mediaType' | 'audience'> {
  readonly request: Request;
  readonly response: Response;
}

/** Documents: for the partner by token, for the nodes of participants over mutual TLS. */
@ApiTags('documents')
@Controller('v1/practices')
export class DocumentsController {
  constructor(
    @Inject(NODE_PARTS) private readonly parts: NodeParts,
    @Inject(FindDocuments) private readonly find: FindDocuments,
    @Inject(LostDocuments) private readonly lost: LostDocuments,
  ) {}

  @Get(':id/documents')
  @Requires('read')
  @ApiOperation({
    summary: 'The documents of a practice, and how far each one is',
    operationId: 'listDocuments',
  })
  @ApiAnswer(200, 'In the order of their events', z.object({ documents: z.array(documentView) }))
  @ApiProblems('PRACTICE_NOT_FOUND')
  async list(
    @ZodParam('id', uuidParam) practiceId: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
  ): Promise<{ readonly documents: readonly DocumentView[] }> {
    return { documents: await this.find.list(practiceId, owner, reader) };
  }

  @Get(':id/documents/:documentId')
  @Requires('read')
  @ApiOperation({
    summary: 'A document’s content; If-Match and one Range are honoured',
    operationId: 'getDocument',
  })
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes' })
  @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag of an earlier answer' })
  @ApiAnswer(200, 'The content')
  @ApiAnswer(206, 'The range asked for')
  @ApiProblems(
    'PRACTICE_NOT_FOUND',
    'DOCUMENT_NOT_FOUND',
    'DOCUMENT_LOST',
    'DOCUMENT_PRECONDITION_FAILED',
    'DOCUMENT_RANGE_UNSATISFIABLE',
  )
  async content(
    @ZodParam('id', uuidParam) practiceId: string,
    @ZodParam('documentId', uuidParam) documentId: string,
    @ZodQuery(ownerQuery) { owner }: OwnerQuery,
    @ReadBy() reader: Reader | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const practice = await this.parts.work.run((tx) => findPractice(tx, practiceId, owner));
    const key = { owner: practice.owner, practice: practice.uuid, document: parseDocumentId(documentId) };
    const { mediaType } = await this.find.forReader(key, reader);
    await this.#serve({ request, response, key, mediaType, audience: 'partner' });
  }

  @Get(':owner/:uuid/documents/:documentId')
  @RequiresPeer()
  @ApiOperation({
    summary: 'A document, for the node of a participant that presents the decision',
    operationId: 'fetchDocument',
  })
  @ApiAnswer(200, 'The content, with salt, plain digest and name in headers')
  @ApiAnswer(206, 'The range asked for')
  @ApiProblems(
    'PEER_NOT_RECOGNISED',
    'NOT_A_PARTICIPANT',
    'DOCUMENT_DECISION_MALFORMED',
    'DOCUMENT_NOT_FOUND',
    'DOCUMENT_LOST',
  )
  async fetch(
    @ZodParam('owner', z.string()) owner: string,
    @ZodParam('uuid', uuidParam) uuid: string,
    @ZodParam('documentId', uuidParam) documentId: string,
    @CallingPeer() certificate: X509Certificate,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const key = {
      owner: parseIpaCode(owner),
      practice: parsePracticeId(uuid),
      document: parseDocumentId(documentId),
    };
    const presented = readDecisionHeader(request.headers['reset-hub-decision']);
    const { decision } = await authorizeNode(this.parts, certificate, key, presented);
    const { mediaType } = await this.find.forNode(key, decision.event);
    await this.#serve({ request, response, key, mediaType, audience: 'node' });
  }

  /** What is complete by its row and not to be read is noted, and fetched back. */
  async #serve({ request, response, ...served }: Serving): Promise<void> {
    try {
      await serveDocument(request, response, { store: this.parts.documents, ...served });
    } catch (error) {
      if (!(error instanceof HubError) || !LOST.has(error.code)) throw error;
      await this.lost.note(served.key);
      throw new HubError('DOCUMENT_LOST', error.message, { cause: error });
    }
  }
}
