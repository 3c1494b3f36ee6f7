import { describe, expect, it } from 'vitest';

import { select, type Selection } from './http-range.ts';

const TAG = '"abc"';

function selected(
  headers: Partial<Record<'range' | 'ifMatch' | 'ifNoneMatch' | 'ifRange' | 'method', string>>,
  size = 100,
) {
  const { method = 'GET', range, ifMatch, ifNoneMatch, ifRange } = headers;
  return select({ method, range, ifMatch, ifNoneMatch, ifRange }, TAG, size);
}

const part = (start: number, end: number): Selection => ({ kind: 'part', start, end });
const WHOLE: Selection = { kind: 'whole' };
const UNSATISFIABLE: Selection = { kind: 'unsatisfiable' };

describe('a request for a range', () => {
  it.each([
    ['bytes=0-0', part(0, 0)],
    ['bytes=10-19', part(10, 19)],
    ['bytes=10-', part(10, 99)],
    ['bytes=10-1000', part(10, 99)],
    ['bytes=-10', part(90, 99)],
    ['bytes=-1000', part(0, 99)],
    ['BYTES=0-9', part(0, 9)],
    ['bytes=0-99999999999999999999999', part(0, 99)],
    ['bytes=100-', UNSATISFIABLE],
    ['bytes=99999999999999999999999-', UNSATISFIABLE],
    ['bytes=-0', UNSATISFIABLE],
    ['bytes=0-9,20-29', WHOLE],
    ['bytes=9-0', WHOLE],
    ['bytes=-', WHOLE],
    ['bytes=a-b', WHOLE],
    ['chars=0-9', WHOLE],
  ])('%s of 100 bytes gives %o', (range, expected) => {
    expect(selected({ range })).toEqual(expected);
  });

  it('beyond four gigabytes is counted to the byte', () => {
    const size = 2 ** 32 + 10;
    expect(selected({ range: `bytes=${2 ** 32 + 1}-` }, size)).toEqual(part(2 ** 32 + 1, size - 1));
    expect(selected({ range: 'bytes=-3' }, size)).toEqual(part(2 ** 32 + 7, size - 1));
  });

  it('of an empty document has nothing to give', () => {
    expect(selected({ range: 'bytes=0-' }, 0)).toEqual(UNSATISFIABLE);
    expect(selected({ range: 'bytes=-5' }, 0)).toEqual(WHOLE);
  });

  it('is for GET alone', () => {
    expect(selected({ range: 'bytes=0-9', method: 'HEAD' })).toEqual(WHOLE);
  });

  it('is the whole when If-Range names another content, or a date', () => {
    expect(selected({ range: 'bytes=0-9', ifRange: TAG })).toEqual(part(0, 9));
    expect(selected({ range: 'bytes=0-9', ifRange: '"other"' })).toEqual(WHOLE);
    expect(selected({ range: 'bytes=0-9', ifRange: `W/${TAG}` })).toEqual(WHOLE);
    expect(selected({ range: 'bytes=0-9', ifRange: 'Sat, 29 Oct 1994 19:43:31 GMT' })).toEqual(WHOLE);
  });
});

describe('a condition', () => {
  it.each([
    ['*', WHOLE],
    [TAG, WHOLE],
    [`"x", ${TAG}`, WHOLE],
    ['"x"', { kind: 'precondition-failed' }],
    [`W/${TAG}`, { kind: 'precondition-failed' }],
    ['abc', { kind: 'precondition-failed' }],
  ])('If-Match: %s gives %o', (ifMatch, expected) => {
    expect(selected({ ifMatch })).toEqual(expected);
  });

  it('If-None-Match compares weakly', () => {
    expect(selected({ ifNoneMatch: `W/${TAG}` })).toEqual({ kind: 'not-modified' });
    expect(selected({ ifNoneMatch: '"x"' })).toEqual(WHOLE);
  });

  it('If-Match comes before If-None-Match, and both before the range', () => {
    expect(selected({ ifMatch: '"x"', ifNoneMatch: TAG, range: 'bytes=500-' })).toEqual({
      kind: 'precondition-failed',
    });
    expect(selected({ ifMatch: TAG, ifNoneMatch: TAG, range: 'bytes=500-' })).toEqual({
      kind: 'not-modified',
    });
  });
});
