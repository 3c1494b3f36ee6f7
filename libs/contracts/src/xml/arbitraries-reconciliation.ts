/** Random statements of what nodes hold, for the round trip. */
import fc, { type Arbitrary } from 'fast-check';
import * as contracts from '../index.ts';
import { buffer, count, ipa, sha256, size, time } from './arbitraries.ts';

export const reconciliations: Arbitrary<contracts.Reconciliation> = fc
  .record({
    version: fc.constant(contracts.DOCUMENT_VERSION),
    bodies: fc.uniqueArray(ipa, {
      minLength: 2,
      maxLength: 2,
      selector: (one) => one.toLowerCase(),
    }),
    moments: fc.uniqueArray(time, { minLength: 2, maxLength: 2 }),
    time,
    held: fc.tuple(heldEvents(), heldEvents()),
    swapped: fc.boolean(),
  })
  .map(({ version, bodies, moments, time: at, held: [first, second], swapped }) => {
    const [by, other] = bodies as [contracts.IpaCode, contracts.IpaCode];
    const [from, to] = moments.toSorted() as [string, string];
    const [one, two] = swapped ? [other, by] : [by, other];
    return {
      version,
      by,
      with: other,
      from,
      to,
      time: at,
      events: [
        { author: one, ...first },
        { author: two, ...second },
      ],
    };
  });

function heldEvents() {
  return fc.record({ count: size, root: buffer(32, 32).map((bytes) => bytes.toString('base64')) });
}

export const reconciliationCertificates: Arbitrary<contracts.ReconciliationCertificate> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  statements: fc.tuple(buffer(3, 300), buffer(3, 300)),
});

export const stateDigests: Arbitrary<contracts.StateDigest> = fc.record({
  version: fc.constant(contracts.DOCUMENT_VERSION),
  by: ipa,
  time,
  practice: fc.record({ owner: ipa, uuid: fc.uuid().map(contracts.parsePracticeId) }),
  position: count,
  format: fc.constantFrom(contracts.PRACTICE_STATE_FORMAT, 'reset-hub/practice-state@v12'),
  state: sha256,
  events: sha256,
});
