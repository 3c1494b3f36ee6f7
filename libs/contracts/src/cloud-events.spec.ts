import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkHeaders,
  CLOUD_EVENT_HEADERS,
  cloudEventHeaders,
  headerText,
  receiptHeaders,
} from './cloud-events.ts';
import { events, receipts } from './xml/arbitraries.ts';

describe('CloudEvents headers', () => {
  it('follow from the signed event alone', () => {
    const [event] = fc.sample(events, { numRuns: 1, seed: 3 });
    expect(cloudEventHeaders(event!)).toEqual({
      ce_specversion: '1.0',
      ce_id: event!.id,
      ce_source: `urn:reset-hub:authority:${event!.author.ipa}`,
      ce_type: event!.type,
      ce_time: event!.time,
      ce_subject: `${event!.practice.owner}/${event!.practice.uuid}`,
      'content-type': 'application/xml',
      hub_class: 'event',
    });
  });

  it('agree with the event they were made from, as text and as bytes, whatever else the record carries', () => {
    fc.assert(
      fc.property(events, (event) => {
        const made = cloudEventHeaders(event);
        const asBytes = Object.fromEntries(
          Object.entries(made).map(([name, value]) => [name, Buffer.from(value)]),
        );
        checkHeaders(made, event);
        checkHeaders({ ...asBytes, hub_decision: Buffer.from('x'), traceparent: ['a', 'b'] }, event);
      }),
    );
  });

  it.each(CLOUD_EVENT_HEADERS)('park a record whose %s is absent, different or doubled', (name) => {
    fc.assert(
      fc.property(events, fc.string(), (event, other) => {
        const made = cloudEventHeaders(event);
        fc.pre(other !== made[name]);
        for (const value of [undefined, other, [made[name], made[name]], [made[name]]]) {
          expect(() => {
            checkHeaders({ ...made, [name]: value }, event);
          }).toThrow(expect.objectContaining({ code: 'HEADER_BODY_MISMATCH', details: { header: name } }));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('give the receipts of one participant on one event different ids by kind', () => {
    const [receipt] = fc.sample(receipts, { numRuns: 1, seed: 3 });
    const ids = (['received', 'documents-complete'] as const).map(
      (kind) => receiptHeaders({ ...receipt!, kind }).ce_id,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('read a header as text only if it is there once', () => {
    expect(headerText({ a: Buffer.from('x') }, 'a')).toBe('x');
    expect(headerText({ a: ['x', 'y'] }, 'a')).toBeUndefined();
    expect(headerText({}, 'a')).toBeUndefined();
  });
});
