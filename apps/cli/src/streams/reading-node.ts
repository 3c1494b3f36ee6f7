import { text } from '../output/leaf.ts';

/** The option `--at` of commands about streams: any node but the one that only writes. */
export const readingNode = text.refine(
  (at) => at !== 'registry',
  'the registry reads no streams: router, auditor, or the IPA code of an authority',
);
