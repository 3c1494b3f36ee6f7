import type { RegistryView } from '#registry-view';

/** What the router's judgement asks of its registry copy. */
export type RouterRegistry = Pick<
  RegistryView,
  | 'anchors'
  | 'certificate'
  | 'procedure'
  | 'body'
  | 'municipality'
  | 'bordering'
  | 'area'
  | 'current'
  | 'hasVersion'
>;
