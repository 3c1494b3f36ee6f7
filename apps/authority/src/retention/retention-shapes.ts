import { z } from 'zod';
import { MOST_PRACTICES } from './plan-retention.ts';

export const requestStatus = z
  .enum(['open', 'expired', 'refused', 'withdrawn', 'approved', 'destroyed', 'applied'])
  .describe(
    'open: waits for the second person; approved: keys are being destroyed, nothing takes it back; destroyed: signed, files are being removed; applied: done',
  );

const cui = z.string().min(1).max(100);

export const newRequest = z.strictObject({
  act: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}$/, 'a reference such as SAB/2046/123')
    .describe(
      'Reference of the authorisation to dispose (art. 21 D.Lgs. 42/2004), e.g. SAB/2046/123; it is in the log',
    ),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(2_000)
    .describe('Why; it stays at this node, the log has its salted digest. No personal data'),
  except: z
    .array(cui)
    .max(1_000)
    .default([])
    .describe('CUIs of practices that are kept all the same: a court case, an open inspection'),
});
export type NewRequest = z.output<typeof newRequest>;

export const decisionNote = z.strictObject({ note: z.string().trim().min(1).max(2_000).optional() });

const period = z.object({
  procedure: z.string(),
  part: z.string().nullable(),
  keep: z.object({ months: z.number().int(), days: z.number().int() }).nullable().describe('null: for ever'),
  basis: z.string(),
});

const duePractice = z.object({
  owner: z.string(),
  practiceId: z.uuid(),
  cui: z.string(),
  procedure: z.string(),
  part: z.string(),
  state: z.string(),
  closedAt: z.date().describe('When its last event came here'),
  dueSince: z.date(),
  basis: z.string(),
  documents: z.number().int(),
  bytes: z.number().int(),
});

export const planView = z.object({
  periods: z.array(period).nullable().describe('null: none are configured, and everything is kept'),
  sealed: z
    .boolean()
    .describe('Every document of the store is sealed: destroying keys ends copies of the store, too'),
  practices: z.number().int(),
  documents: z.number().int(),
  bytes: z.number().int().describe('Of content'),
  more: z.boolean().describe(`There are more than one request takes (${MOST_PRACTICES} practices)`),
  due: z.array(duePractice).describe('Those filed first in front'),
});
export type PlanView = z.output<typeof planView>;

export const requestView = z.object({
  id: z.uuid(),
  status: requestStatus,
  requestedAt: z.date(),
  requestedBy: z.string().nullable().describe('Label of the token'),
  act: z.string(),
  reason: z.string(),
  expiresAt: z.date(),
  decidedAt: z.date().nullable(),
  decidedBy: z.string().nullable(),
  note: z.string().nullable(),
  destroyedAt: z.date().nullable().describe('When it was signed that the keys are destroyed'),
  appliedAt: z.date().nullable().describe('When the files were gone, too'),
  practices: z.number().int(),
  documents: z.number().int(),
  bytes: z.number().int(),
  spared: z
    .number()
    .int()
    .describe('Practices in which something has happened since they were asked for: nothing of them goes'),
});
export type RequestView = z.output<typeof requestView>;

export const requestDetail = requestView.extend({
  of: z.array(
    z.object({
      owner: z.string(),
      practiceId: z.uuid(),
      cui: z.string(),
      basis: z.string(),
      closedAt: z.date(),
      documents: z.number().int(),
      bytes: z.number().int(),
      spared: z.boolean(),
      action: z.uuid().nullable().describe('The signed action, a leaf of the log, once they are destroyed'),
    }),
  ),
});
export type RequestDetail = z.output<typeof requestDetail>;

export const requestPage = z.object({ requests: z.array(requestView), next: z.string().nullable() });
