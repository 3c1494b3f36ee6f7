/** The corpus as a set of files: what `contracts/conformance` must hold. Comes out the same each time. */
import { serializeEvent } from '#contracts';
import {
  signDecisions,
  signEvent,
  signFilingReceipt,
  signReceipts,
  signRegistryEntry,
  type Signer,
} from '#evidence';
import { aDecision, aFiling, aFilingReceipt, anAct, aReceipt, aRegistryEntry, AUTHOR } from '../samples.ts';
import { AT, CorpusAuthority } from './authority.ts';
import { batchAttacks } from './batch-attacks.ts';
import type { CaseEntry, CaseKind, Made } from './case.ts';
import { fileAttacks } from './file-attacks.ts';
import type { CorpusIndex } from './index-file.ts';
import { BASE, largeAttacks } from './large-attacks.ts';
import { content, parts } from './part-attacks.ts';
import { algorithms, references } from './reference-attacks.ts';
import { signerCases } from './signer-cases.ts';
import { values } from './value-attacks.ts';
import { places, wrappings } from './wrapping-attacks.ts';
import { xmlAttacks } from './xml-attacks.ts';

const ANCHOR = 'ca.pem';

/** @returns the bytes of each file, by its path in `contracts/conformance` */
export async function makeCorpus(): Promise<ReadonlyMap<string, Buffer>> {
  const authority = await CorpusAuthority.create('CA');
  const author = await authority.signer({ holder: AUTHOR });
  const valid = await validOnes(authority, author);
  const act = bytesOf(valid, BASE);
  const unsigned = serializeEvent(anAct(AT));
  const other = await authority.signer({ holder: 'p_cr' });
  const cases = [
    ...valid,
    ...wrappings(act, unsigned),
    ...places(act),
    ...references(act),
    ...algorithms(act),
    ...parts(act, author, other),
    ...content(act),
    ...(await values({ act, unsigned, signer: author, other })),
    ...xmlAttacks(act),
    ...fileAttacks(act),
    ...largeAttacks(),
    ...(await signerCases(authority)),
    ...batchAttacks(await decisionsOf(authority), bytesOf(valid, 'valid/receipt')),
  ];
  const files = new Map<string, Buffer>([[ANCHOR, Buffer.from(authority.pem)]]);
  const entries = cases.map((made) => {
    const { bytes, kind = 'event', ...rest } = made;
    const entry: CaseEntry = { kind, ...rest };
    if (!Buffer.isBuffer(bytes)) return { ...entry, recipe: bytes };
    const file = `${made.name}.xml`;
    files.set(file, bytes);
    return { ...entry, file };
  });
  const index: CorpusIndex = {
    at: AT.toISOString(),
    anchor: ANCHOR,
    certificates: authority.listings,
    cases: entries,
  };
  files.set('index.json', Buffer.from(`${JSON.stringify(index, null, 2)}\n`));
  return files;
}

async function validOnes(authority: CorpusAuthority, author: Signer): Promise<readonly Made[]> {
  const events: Made[] = [];
  for (const key of ['P-256', 'P-384', 'RSA 2048'] as const) {
    const signer = key === 'P-256' ? author : await authority.signer({ holder: AUTHOR, key });
    const name = key.toLowerCase().replace(' ', '-');
    events.push(
      valid(`act-${name}`, 'event', `An act, ${key}.`, await signEvent(anAct(AT), signer, AT)),
      valid(`filing-${name}`, 'event', `A filing, ${key}.`, await signEvent(aFiling(AT), signer, AT)),
    );
  }
  const registry = await authority.signer({ holder: 'registry', role: 'registry' });
  const provincia = await authority.signer({ holder: 'p_cr', label: 'receipts' });
  const entry = await signRegistryEntry(aRegistryEntry(AT), registry, AT);
  const filingReceipt = await signFilingReceipt(aFilingReceipt(AT), author, AT);
  const [decision] = await decisionsOf(authority);
  const [receipt] = (await signReceipts([aReceipt(AT, 'p_cr')], provincia, AT)).items;
  return [
    ...events,
    valid('decision', 'decision', 'A decision, the first of a batch of five.', decision),
    valid('receipt', 'receipt', 'A receipt, alone in its batch.', receipt),
    valid('registry-entry', 'registry', 'An entry of the registry.', entry),
    valid('filing-receipt', 'filing-receipt', 'A receipt of filing.', filingReceipt),
  ];
}

async function decisionsOf(authority: CorpusAuthority): Promise<readonly Buffer[]> {
  const router = await authority.signer({ holder: 'router-1', role: 'router' });
  const decisions = [1, 2, 3, 4, 5].map((position) => aDecision(AT, position, 'router-1'));
  return (await signDecisions(decisions, router, AT)).items;
}

function valid(name: string, kind: CaseKind, about: string, bytes: Buffer | undefined): Made {
  if (bytes === undefined) throw new Error(`no bytes for ${name}`);
  return {
    name: `valid/${name}`,
    kind,
    about,
    code: null,
    bytes,
    ...(kind === 'event' ? { general: true } : {}),
  };
}

function bytesOf(cases: readonly Made[], name: string): Buffer {
  const bytes = cases.find((made) => made.name === name)?.bytes;
  if (!Buffer.isBuffer(bytes)) throw new Error(`there is no ${name}`);
  return bytes;
}
