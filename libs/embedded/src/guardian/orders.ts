import type { ProcessIdentity } from '../process/identity.ts';

/** What a parent writes to its guardian, one JSON line each. */
export type GuardianOrder =
  | {
      readonly order: 'watch';
      readonly identity: ProcessIdentity;
      readonly label: string;
      readonly signal: NodeJS.Signals;
    }
  | { readonly order: 'release'; readonly pid: number };
