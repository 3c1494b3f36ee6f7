import type { DocumentRole } from '#contracts';

/**
 * Documents that a node writes for one event and that name it. Where the event is issued again they are written anew, and
 * stay with the old one; nobody has handed them in, so nobody's signature is looked for in them.
 */
export const ROLES_OF_ONE_EVENT: readonly DocumentRole[] = ['manifest', 'segnatura'];
