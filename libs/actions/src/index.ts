export { ActionLog, type ActionDraft, type ActionLogParts } from './action-log.ts';
export { ActionsOfNodes1767225605000 } from './actions-of-nodes.ts';
export { actorKey, actorOf, SALT_BYTES, saltedDigest } from './actors.ts';
export { ActionsController } from './actions.controller.ts';
export { CreateActions1767225603303 } from './create-actions.ts';
export { ReadActions, type ActionView } from './read-actions.ts';
