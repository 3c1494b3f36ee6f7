/** What has a proof by its id. A file of its own: the command names them at every start, the proof is checked in one. */
export const PROVABLE_KINDS = ['event', 'decision', 'action', 'registry', 'access'] as const;

export type ProvableKind = (typeof PROVABLE_KINDS)[number];
