/** What a node says of the states that it holds (docs/audit.md, "Replay"). */
import { z } from 'zod';
import { parseIpaCode, parsePracticeId, type IpaCode, type PracticeId } from '#contracts';

/** Practices on one page at most. */
export const MAX_STATES = 500;
/** Practices that can be named at once: a line of a request has room for them. */
export const MAX_NAMED = 64;
/** Events of one practice that are listed at once. */
export const MAX_PLACED = 1_000;

const ipa = z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/);
const position = z.coerce.number().int().min(1).max(2_147_483_647);
const base64 = z.base64();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A practice, and the position after which its state is wanted; null: the last one. */
export interface NamedState {
  readonly owner: IpaCode;
  readonly uuid: PracticeId;
  readonly position: number | null;
}

const NAMED = /^([A-Za-z0-9_.-]{1,16})\/([0-9a-f-]{36})(?:\/([1-9][0-9]{0,8}))?$/;

/** `<owner>/<uuid>` or `<owner>/<uuid>/<position>`, separated by commas. */
const named = z
  .string()
  .max(MAX_NAMED * 64)
  .transform((text, context): NamedState[] => {
    const parts = text.split(',').map((one) => NAMED.exec(one));
    const read = parts.flatMap((part) => (part === null ? [] : [readNamed(part)]));
    if (read.length === parts.length && read.length <= MAX_NAMED) return read;
    context.addIssue({ code: 'custom', message: 'must be up to 64 of <owner>/<uuid>[/<position>]' });
    return z.NEVER;
  });

function readNamed([, owner = '', uuid = '', at]: readonly (string | undefined)[]): NamedState {
  return {
    owner: parseIpaCode(owner),
    uuid: parsePracticeId(uuid),
    position: at === undefined ? null : Number(at),
  };
}

export const statesQuery = z.object({
  of: named
    .optional()
    .describe(
      'Practices, <owner>/<uuid>[/<position>] separated by commas: each after that position, or after its last one if this node has not got there; all practices when absent',
    ),
  after: z.string().max(256).optional().describe('The `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_STATES).default(200),
});
export type StatesQuery = z.output<typeof statesQuery>;

export const statesAnswer = z.object({
  by: ipa.describe('The authority that speaks'),
  time: z.iso.datetime().describe('When it looked'),
  batch: base64
    .nullable()
    .describe('The signed batch (batch-1.xsd) over the items; null when there are none'),
  items: z
    .array(base64)
    .max(MAX_STATES)
    .describe('State digests (state-digest-1.xsd), in the order of the batch'),
  next: z.string().nullable().describe('Cursor of the next page; null on the last, and for named practices'),
});
export type StatesAnswer = z.output<typeof statesAnswer>;

export const stateQuery = z.object({
  position: position.optional().describe('After which position; the last one when absent'),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .default(0)
    .describe('Events after this position only'),
});
export type StateQuery = z.output<typeof stateQuery>;

export const stateAnswer = z.object({
  item: base64.describe('The signed state digest (signed-item-1.xsd)'),
  state: base64.describe('The state, canonical JSON: what the digest is of'),
  events: z
    .array(
      z.object({
        position: z.int().min(1),
        author: ipa,
        eventId: z.uuid(),
        event: sha256.describe('Of the signed bytes, as they are stored'),
        decision: sha256.nullable().describe('Of the signed decision, as it is stored'),
      }),
    )
    .max(MAX_PLACED)
    .describe('What placed it, in order'),
  more: z.boolean().describe('Whether there are events behind the last'),
});
export type StateAnswer = z.output<typeof stateAnswer>;
