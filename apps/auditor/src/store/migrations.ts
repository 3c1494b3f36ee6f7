import { CreateAccessLog1767225605201 } from '#access-log';
import { ActionsOfNodes1767225605000, CreateActions1767225603303 } from '#actions';
import { CreateWitnesses1767225605002 } from '../witnesses/create-witnesses.ts';
import { ArchiveBatchesOnce1767225604301 } from './archive-batches-once.ts';
import { CreateArchivePacks1767225605100 } from './create-archive-packs.ts';
import { CreateAuthorIndex1767225603503 } from './create-author-index.ts';
import { CreateLog1767225602001 } from './create-log.ts';
import { PlaceLeavesApart1767225604300 } from './place-leaves-apart.ts';
import { IndexClosedRefused1767225604101 } from './index-closed-refused.ts';
import { RefusedDesk1767225603304 } from './refused-desk.ts';
import { LogActions1767225603302 } from './log-actions.ts';
import { LogRegistryAndAccesses1767225605200 } from './log-registry-and-accesses.ts';

/** The auditor's own tables, after those of every node. */
export const AUDITOR_MIGRATIONS = [
  CreateLog1767225602001,
  LogActions1767225603302,
  CreateActions1767225603303,
  RefusedDesk1767225603304,
  CreateAuthorIndex1767225603503,
  IndexClosedRefused1767225604101,
  PlaceLeavesApart1767225604300,
  ArchiveBatchesOnce1767225604301,
  ActionsOfNodes1767225605000,
  CreateWitnesses1767225605002,
  CreateArchivePacks1767225605100,
  LogRegistryAndAccesses1767225605200,
  CreateAccessLog1767225605201,
] as const;
