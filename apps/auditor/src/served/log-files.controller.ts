import { Public, Requires, RequiresPeer } from '#access';
import { HubError } from '#errors';
import { ApiAnswer, ApiProblems } from '#platform';
import { parseTilePath, type TileResource } from '#tlog';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CallingMembers } from './calling-members.ts';
import { ReadLogFiles } from './read-log-files.ts';
import { CHECKPOINT, ENTRY_BUNDLE, HASH_TILE, sendLogFile } from './send-log-file.ts';

const PREFIX = '/log/';
const PATH_OF_TILE = 'index in groups of three digits, all but the last with an x; `.p/<W>` if partial';

/** The files of the log as c2sp.org/tlog-tiles names them, under the prefix `/log`. */
@ApiTags('log')
@Controller('log')
export class LogFilesController {
  constructor(
    @Inject(ReadLogFiles) private readonly files: ReadLogFiles,
    @Inject(CallingMembers) private readonly members: CallingMembers,
  ) {}

  @Get('checkpoint')
  @Public()
  @ApiOperation({ summary: 'The latest checkpoint, signed', operationId: 'getCheckpoint' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of an earlier answer' })
  @ApiProduces('text/plain')
  @ApiAnswer(200, 'A C2SP tlog-checkpoint: the newest published note')
  @ApiAnswer(304, 'Still the one of this ETag')
  @ApiProblems('LOG_NOT_READY')
  async checkpoint(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendLogFile(request, response, await this.files.checkpoint(), CHECKPOINT);
  }

  // Before the route of hashes, which would take `entries` for a level.
  @Get('tile/entries/*path')
  @Requires('audit')
  @ApiOperation({ summary: 'A bundle of entries, 256 when it is full', operationId: 'getEntryBundle' })
  @ApiParam({ name: 'path', description: PATH_OF_TILE, example: '000.p/17' })
  @ApiProduces('application/octet-stream')
  @ApiAnswer(200, 'Entries, each behind its length in two bytes; compressed with gzip for who accepts it')
  @ApiProblems('LOG_TILE_MALFORMED', 'LOG_TILE_MISSING', 'LOG_NOT_READY', 'LOG_STATE_DAMAGED')
  async entries(@Req() request: Request, @Res() response: Response): Promise<void> {
    const resource = resourceOf(request);
    if (resource.kind !== 'entries') throw otherKind();
    await sendLogFile(request, response, await this.files.bundle(resource), ENTRY_BUNDLE);
  }

  @Get('tile/*path')
  @RequiresPeer('read', 'audit')
  @ApiOperation({ summary: 'A tile of hashes, 256 when it is full', operationId: 'getHashTile' })
  @ApiParam({ name: 'path', description: `level, and ${PATH_OF_TILE}`, example: '0/x001/x234/067' })
  @ApiProduces('application/octet-stream')
  @ApiAnswer(200, 'Hashes of 32 bytes, nothing between')
  @ApiProblems('PEER_NOT_RECOGNISED', 'LOG_TILE_MALFORMED', 'LOG_TILE_MISSING', 'LOG_NOT_READY')
  async hashes(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.members.of(request);
    const resource = resourceOf(request);
    if (resource.kind !== 'hashes') throw otherKind();
    await sendLogFile(request, response, await this.files.hashTile(resource), HASH_TILE);
  }
}

/** By the path as it was sent, not as it was decoded: a cache must not hold a tile under two spellings. */
function resourceOf({ path }: Request): TileResource {
  return parseTilePath(path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path);
}

/** A spelling that reached the other route, such as that of letter case. */
function otherKind(): HubError {
  return new HubError('LOG_TILE_MALFORMED', 'not a tile: the path is not the canonical one');
}
