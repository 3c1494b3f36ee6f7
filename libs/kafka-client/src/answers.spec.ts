import fc from 'fast-check';
import { expect, it } from 'vitest';

import { Answers } from './answers.ts';

const answer = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));

it('gives the same answers however they come in pieces, each overwritten by the next', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 6 }), sizes, (sent, some) => {
      const stream = Buffer.concat(sent.flatMap((one) => [lengthOf(one.length), one]));
      const answers = new Answers();
      const piece = Buffer.alloc(40);
      const got: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = stream.copy(piece, 0, at, at + (some[turn % some.length] ?? 1));
        got.push(...answers.take(piece.subarray(0, size)));
        piece.fill(0xee);
        at += size;
      }
      expect(got).toEqual(sent);
    }),
  );
});

it('takes nothing for an answer that no broker can have given, and reserves no memory for it', () => {
  expect(() => new Answers().take(Buffer.from('HTTP/1.1 400'))).toThrow(RangeError);
  expect(() => new Answers().take(lengthOf(-1))).toThrow(RangeError);
});

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}
