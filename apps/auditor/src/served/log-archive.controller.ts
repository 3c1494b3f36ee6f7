import { Requires, RequiresPeer } from '#access';
import { parseArchivePath, parseRegistryPath } from '#audit';
import { ApiAnswer, ApiProblems } from '#platform';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ReadPacks } from '../archive/read-packs.ts';
import { CallingMembers } from './calling-members.ts';
import { ReadRegistryEntries } from './read-registry-entries.ts';
import { ARCHIVE_PACK, PASSING_PACK, sendLogFile, SIGNED_XML } from './send-log-file.ts';

/** What stands beside the log's tiles, so that it can be replayed without Kafka and without any authority. */
@ApiTags('log')
@Controller('log')
export class LogArchiveController {
  constructor(
    @Inject(ReadPacks) private readonly packs: ReadPacks,
    @Inject(ReadRegistryEntries) private readonly registry: ReadRegistryEntries,
    @Inject(CallingMembers) private readonly members: CallingMembers,
  ) {}

  @Get('archive/*path')
  @Requires('audit')
  @ApiOperation({ summary: 'The signed bytes of a bundle’s entries', operationId: 'getArchivePack' })
  @ApiParam({
    name: 'path',
    description:
      'as that of the bundle: index in groups of three digits, all but the last with an x; `.p/<W>` if partial',
    example: '000.p/17',
  })
  @ApiProduces('application/octet-stream')
  @ApiAnswer(
    200,
    'One Brotli stream of all of them, in the order of the entries, each behind its length in four bytes',
  )
  @ApiProblems('LOG_TILE_MALFORMED', 'LOG_TILE_MISSING', 'LOG_NOT_READY', 'LOG_STATE_DAMAGED')
  async pack(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { bytes, isKept } = await this.packs.run(parseArchivePath(pathOf(request)));
    await sendLogFile(request, response, bytes, isKept ? ARCHIVE_PACK : PASSING_PACK);
  }

  @Get('registry/*path')
  @RequiresPeer('read', 'audit')
  @ApiOperation({ summary: 'A signed entry of the registry’s chain', operationId: 'getRegistryEntry' })
  @ApiParam({ name: 'path', description: 'its number, from 1, and `.xml`', example: '12.xml' })
  @ApiProduces('application/xml')
  @ApiAnswer(200, 'The bytes as they were published, as this node has verified them')
  @ApiProblems('PEER_NOT_RECOGNISED', 'LOG_TILE_MALFORMED', 'LOG_TILE_MISSING', 'LOG_STATE_DAMAGED')
  async entry(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.members.of(request);
    const number = parseRegistryPath(pathOf(request));
    await sendLogFile(request, response, await this.registry.run(number), SIGNED_XML);
  }
}

const PREFIX = '/log/';

/** By the path as it was sent, in its one spelling: a cache must not hold a file under two (ADR 39). */
function pathOf({ path }: Request): string {
  return path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
}
