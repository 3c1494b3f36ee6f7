import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { anEvent, NOW, TestAuthority } from '../test-support.ts';
import { pemSigner, signEvent, signXml, type Signer } from '../src/index.ts';
import { cutByProfile, cutParsed } from '../src/cut.ts';
import { generalEngine, strictEngine, type SignatureEngine } from '../src/engine.ts';
import { checkBytes } from '../src/guard.ts';
import { changes, documents, hasProfileShape } from './fuzz-support.ts';

/** For each property; `npm run test:fuzz` sets it, and FUZZ_SEED repeats a run. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 0);
const seed = process.env['FUZZ_SEED'] === undefined ? 20_260_304 : Number(process.env['FUZZ_SEED']);

/** As long as was asked for; or so many documents, the same each time, on a quick machine as on a busy one. */
function bounds(runs: number) {
  if (SECONDS === 0) return { seed, numRuns: runs };
  const interruptAfterTimeLimit = SECONDS * 1000;
  return { seed, numRuns: 1_000_000_000, interruptAfterTimeLimit, markInterruptAsFailure: false };
}

const TIMEOUT_MS = (SECONDS + 60) * 1000;
const MAX_BYTES = 100_000;

/** Generated documents that are signed beforehand, to be altered. */
const SIGNED_DOCUMENTS = 300;

const signers: Signer[] = [];
const events: Buffer[] = [];
const signedDocuments: Buffer[] = [];

beforeAll(async () => {
  const authority = await TestAuthority.create();
  for (const key of ['P-256', 'P-384', 'RSA 2048'] as const) {
    const { certificatePem, keyPem } = await authority.issue('c_d150', { key });
    signers.push(pemSigner(certificatePem, keyPem));
  }
  for (const signer of signers) events.push(await signEvent(anEvent(), signer, NOW));
  for (const [i, unsigned] of fc.sample(documents, { seed, numRuns: SIGNED_DOCUMENTS }).entries()) {
    if (isSignable(unsigned)) signedDocuments.push(await signXml(unsigned, signers[i % 3]!, NOW));
  }
});

/** False for what holds a signature, or uses its ids: it cannot be signed, or both engines refuse it. */
function isSignable(unsigned: Buffer): boolean {
  return !/ (?:id|Id|ID)="signature|xmlns:ds="http:\/\/www.w3.org/.test(unsigned.toString());
}

/** Null if accepted, otherwise the code. Anything but a HubError is a crash. */
function answer(engine: SignatureEngine, bytes: Buffer): string | null {
  judged[engine.name] += 1;
  try {
    engine.check(bytes, MAX_BYTES);
    return null;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
}

function accepts(cut: typeof cutParsed, bytes: Buffer): boolean | null {
  try {
    checkBytes(bytes);
    const found = (cut as (given: Buffer) => ReturnType<typeof cutByProfile>)(bytes);
    found?.parsed.dispose();
    return found === undefined ? null : true;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}

/** Documents given to each engine, and those that only one of them accepted. */
const judged = { strict: 0, general: 0, generalOnly: 0 };

afterAll(() => {
  const { strict, general, generalOnly } = judged;
  process.stdout.write(
    `fuzz: ${strict} documents judged by strict, ${general} by general too (${generalOnly} accepted by it alone), seed ${seed}\n`,
  );
});

/** What strict accepts general accepts; what general accepts in our shape strict accepts. */
function expectAgreement(bytes: Buffer): void {
  const strict = answer(strictEngine, bytes);
  const general = answer(generalEngine, bytes);
  if (strict === null) expect(general).toBeNull();
  if (general !== null || strict === null) return;
  judged.generalOnly += 1;
  expect(hasProfileShape(bytes)).toBe(false);
}

const signer = fc.integer({ min: 0, max: 2 }).map((index) => () => signers[index]!);
const signedEvent = fc.integer({ min: 0, max: 2 }).map((index) => () => events[index]!);
const signedDocument = fc.nat().map((index) => () => signedDocuments[index % signedDocuments.length]!);
const anySigned = fc.oneof(signedEvent, signedDocument);

describe('strict and general', () => {
  it(
    'both accept whatever document we sign',
    async () => {
      await fc.assert(
        fc.asyncProperty(documents, signer, async (unsigned, by) => {
          fc.pre(isSignable(unsigned));
          const signed = await signXml(unsigned, by(), NOW);
          expect(answer(strictEngine, signed)).toBeNull();
          expect(answer(generalEngine, signed)).toBeNull();
        }),
        bounds(80),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'agree on every document altered after it was signed: what strict accepts general accepts, and what general accepts in our shape strict accepts',
    () => {
      fc.assert(
        fc.property(anySigned, changes, (given, change) => {
          const original = given().toString();
          const altered = Buffer.from(change(original));
          expectAgreement(altered);
          if (answer(strictEngine, altered) === null) expect(altered.toString()).toBe(original);
        }),
        bounds(500),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'agree on every document altered before it was signed',
    async () => {
      await fc.assert(
        fc.asyncProperty(documents, changes, signer, async (unsigned, change, by) => {
          const altered = Buffer.from(change(unsigned.toString()));
          fc.pre(isSignable(altered));
          const signed = await signXml(altered, by(), NOW).catch((error: unknown) => {
            if (error instanceof HubError) return undefined;
            throw error;
          });
          if (signed !== undefined) expectAgreement(signed);
        }),
        bounds(100),
      );
    },
    TIMEOUT_MS,
  );
});

describe('the strict engine', () => {
  it(
    'accepts nothing altered, and crashes on nothing',
    () => {
      fc.assert(
        fc.property(anySigned, changes, (given, change) => {
          const original = given().toString();
          const text = change(original);
          fc.pre(text !== original);
          expect(answer(strictEngine, Buffer.from(text))).not.toBeNull();
        }),
        bounds(2_000),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'decides alike whichever way it takes a document apart',
    () => {
      fc.assert(
        fc.property(anySigned, changes, (given, change) => {
          const altered = Buffer.from(change(given().toString()));
          const quick = accepts(cutByProfile as typeof cutParsed, altered);
          if (quick === null || quick === accepts(cutParsed, altered)) return;
          // Values are checked after the cut: the quick way may leave it to those checks to refuse them.
          expect(quick).toBe(true);
          expect(answer(strictEngine, altered)).not.toBeNull();
        }),
        bounds(2_000),
      );
    },
    TIMEOUT_MS,
  );
});
