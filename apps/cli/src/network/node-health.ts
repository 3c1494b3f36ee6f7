import { z } from 'zod';

const state = z.enum(['up', 'degraded', 'down']);

/** What a node's `/health` answers. */
export const nodeHealth = z.object({
  status: state,
  checks: z.record(z.string(), z.object({ status: state, detail: z.string().optional() })),
});
export type NodeHealth = z.output<typeof nodeHealth>;

/** Up to which registry entry the node's copy goes, as its health says (`entry 12; …`); undefined when it does not. */
export function registryEntryOf({ checks }: NodeHealth): number | undefined {
  const [, number] = /\bentry ([0-9]+)/.exec(checks['registry']?.detail ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}
