import { CreateAccessLog1767225605201 } from '#access-log';
import { ActionsOfNodes1767225605000, CreateActions1767225603303 } from '#actions';
import { CreateQuarantine1767225600030 } from './create-quarantine.ts';
import { IndexClosed1767225604100 } from './index-closed.ts';
import { QuarantineDesk1767225603301 } from './quarantine-desk.ts';

/** The tables of a node with a quarantine: what operators did there, and what they read. */
export const QUARANTINE_MIGRATIONS = [
  CreateQuarantine1767225600030,
  QuarantineDesk1767225603301,
  CreateActions1767225603303,
  IndexClosed1767225604100,
  ActionsOfNodes1767225605000,
  CreateAccessLog1767225605201,
] as const;
