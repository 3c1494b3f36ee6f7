/** What a node answers when another asks it for events of a practice (docs/adr/0019-gaps.md). */
import { z } from 'zod';

import type { PracticeRef } from '#contracts';
import { HubError } from '#errors';

type PracticeKey = Pick<PracticeRef, 'owner' | 'uuid'>;

/** Events in one answer at most. */
export const PAGE_EVENTS = 64;
/** Bytes of events and decisions in one answer at most, but for a single event that is larger. */
export const PAGE_BYTES = 2 * 1024 * 1024;
/** A longer answer is not read to its end, bytes: a page, or the largest single event, in base64 and JSON. */
export const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

/** An event with the decision that placed it, both signed, as stored. */
export interface PlacedBytes {
  readonly position: number;
  readonly event: Buffer;
  readonly decision: Buffer;
}

/** A page of events by position. */
export interface PlacedPage {
  readonly events: readonly PlacedBytes[];
  /** The position of the last event up to which the answering node has folded; 0 if none. */
  readonly head: number;
  /** Whether the answering node has more of what was asked for. */
  readonly more: boolean;
}

/** A page of an author's own events of a practice, by number. */
export interface OwnPage {
  readonly events: readonly { readonly number: number; readonly event: Buffer }[];
  readonly more: boolean;
}

const base64 = z.base64();
const count = z.number().int().min(0);

/** A page of placed events as JSON carries it. */
export const placedPageAnswer = z.object({
  events: z
    .array(
      z.object({
        position: count,
        event: base64.describe('The signed bytes'),
        decision: base64.describe('The signed decision (SignedItem)'),
      }),
    )
    .max(PAGE_EVENTS),
  head: count.describe('Position up to which the answering node has folded the practice'),
  more: z.boolean(),
});

/** A page of own events as JSON carries it. */
export const ownPageAnswer = z.object({
  events: z.array(z.object({ number: count, event: base64.describe('The signed bytes') })).max(PAGE_EVENTS),
  more: z.boolean(),
});

const MAX_PLACE = 2_147_483_647;
const place = z.coerce.number().int().min(1).max(MAX_PLACE);

/** The query that asks for positions; both ends are included. */
export const positionRange = z
  .object({
    from: place.describe('The first position wanted'),
    to: place.describe('The last position wanted'),
  })
  .refine(({ from, to }) => from <= to, 'a range: from is not beyond to');
export type PositionRange = Readonly<z.output<typeof positionRange>>;

/** The query that asks for an author's own events. */
export const numbersFrom = z.object({ from: place.describe('The first number wanted') });

/** Path of a practice's placed events at a node; `from` and `to` are included. */
export function placedEventsPath({ owner, uuid }: PracticeKey, { from, to }: PositionRange): string {
  return `v1/practices/${encodeURIComponent(owner)}/${uuid}/events?from=${from}&to=${to}`;
}

/** Path of an author's own events of a practice, from a number on, at the author's node: for a router. */
export function ownEventsPath({ owner, uuid }: PracticeKey, from: number): string {
  return `v1/practices/${encodeURIComponent(owner)}/${uuid}/own-events?from=${from}`;
}

/** @throws HubError `PEER_ANSWER_INVALID` */
export function readPlacedPage(answer: unknown, holder: string): PlacedPage {
  const { events, ...page } = read(placedPageAnswer, answer, holder);
  return {
    ...page,
    events: events.map(({ position, event, decision }) => ({
      position,
      event: Buffer.from(event, 'base64'),
      decision: Buffer.from(decision, 'base64'),
    })),
  };
}

/** @throws HubError `PEER_ANSWER_INVALID` */
export function readOwnPage(answer: unknown, holder: string): OwnPage {
  const { events, more } = read(ownPageAnswer, answer, holder);
  return {
    more,
    events: events.map(({ number, event }) => ({ number, event: Buffer.from(event, 'base64') })),
  };
}

export function writePlacedPage({ events, head, more }: PlacedPage): z.output<typeof placedPageAnswer> {
  return {
    events: events.map(({ position, event, decision }) => ({
      position,
      event: event.toString('base64'),
      decision: decision.toString('base64'),
    })),
    head,
    more,
  };
}

export function writeOwnPage({ events, more }: OwnPage): z.output<typeof ownPageAnswer> {
  return { events: events.map(({ number, event }) => ({ number, event: event.toString('base64') })), more };
}

function read<Shape extends z.ZodType>(shape: Shape, answer: unknown, holder: string): z.output<Shape> {
  const result = shape.safeParse(answer);
  if (result.success) return result.data;
  throw new HubError('PEER_ANSWER_INVALID', `${holder} answered in no form that is known here`, {
    cause: result.error,
    details: { holder },
  });
}
