/**
 * What a token allows: `file` practices, `act` on them, `read` what the node holds, see and release `quarantine` (and what
 * else its operators do: take streams back), have the feed pushed to `webhooks`, `audit` all that the log holds, ask for and
 * approve the end of `retention` periods, `admin` the node (its tokens).
 */
export const SCOPES = [
  'file',
  'act',
  'read',
  'quarantine',
  'webhooks',
  'audit',
  'retention',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];
