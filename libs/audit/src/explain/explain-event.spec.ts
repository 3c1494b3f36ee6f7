import { beforeAll, describe, expect, it } from 'vitest';
import type { Receipt, ReceiptKind } from '#contracts';
import { sha256Hex, signReceipts } from '#evidence';
import { aNetwork, aPractice, type DecidedEvent, type TestNetwork } from '#testing';
import type { LogRecord } from '../copy/records.ts';
import { readRecords } from '../copy/records.ts';
import { LogInMemory } from '../replay/replay.fixture.ts';
import { explainEvent, type ExplainedEvent } from './explain-event.ts';
import { registryThen } from './registry-then.ts';
import { trailInCopy } from './trail-in-copy.ts';
import { conditionInWords, factsInWords, selectorInWords } from './words.ts';

let network: TestNetwork;
let log: LogInMemory;
let filing: DecidedEvent;
let act: DecidedEvent;

beforeAll(async () => {
  network = await aNetwork().founded();
  log = new LogInMemory(network);
  // Another practice, of which nothing may be said.
  await log.placed(await aPractice(network).filedBy('c_d150').signed(), 1);
  const practice = aPractice(network);
  const facts = {
    'tipo-intervento': 'restauro',
    'in-fascia-di-confine': 'false',
    'attivita-antincendio': 'false',
  };
  const filed = practice.filedBy('c_d150');
  for (const [name, value] of Object.entries(facts)) filed.withFact(name, value);
  filing = await log.placed(await filed.signed(), 1);
  await receipt(filing, 'received');
  await receipt(filing, 'documents-complete');
  act = await log.placed(await practice.actBy('p_cr').signed(), 2, filing.decision.participants);
  log.event(await practice.actBy('c_d150').signed());
});

async function receipt({ signed: { event, bytes } }: DecidedEvent, kind: ReceiptKind): Promise<void> {
  const document: Receipt = {
    version: '1.0',
    kind,
    by: 'p_cr' as Receipt['by'],
    time: network.clock.now().toISOString(),
    event: { author: event.author.ipa, id: event.id, digest: sha256Hex(bytes) },
    practice: event.practice,
    position: 1,
    code: null,
    registration: null,
    cancellation: null,
  };
  const { items } = await signReceipts([document], network.signerOf('p_cr'), network.clock.now());
  log.receipt(items[0]!, document);
}

async function explained({ signed }: Pick<DecidedEvent, 'signed'>): Promise<ExplainedEvent> {
  const { read, head, registry } = await log.source();
  const sought = { eventId: signed.event.id };
  return explainEvent(await trailInCopy(read, head, sought), sought, registry);
}

describe('why an event went to whom it went', () => {
  it('names the registry’s version, each rule with what it saw, whom it named, and who was left out by which rule', async () => {
    const found = await explained(filing);
    expect(found.decision).toMatchObject({
      router: 'router-1',
      position: 1,
      registry: filing.decision.registry,
    });
    expect(found.procedure).toMatchObject({ code: 'edilizia.scia', version: 1 });
    const matched = found.rules.filter((rule) => rule.matched);
    expect(matched.flatMap(({ names }) => names)).toContain('p_cr');
    expect(found.rules.every(({ confirmed }) => confirmed)).toBe(true);
    expect(found.recipients.map(({ ipa, rule }) => [ipa, rule])).toEqual(
      filing.decision.participants.map(({ ipa, rule }) => [ipa, rule]),
    );
    const border = found.rules.find(({ names, matched: applies }) => !applies && names.includes('c_b898'));
    expect(found.others.find(({ ipa }) => ipa === 'c_b898')).toMatchObject({ rules: [border?.rule] });
    expect(found.others.find(({ ipa }) => ipa === 'c_d142')).toMatchObject({ rules: [] });
  });

  it('says when each has received it and had its documents', async () => {
    const { recipients } = await explained(filing);
    const at = network.clock.now().toISOString();
    expect(recipients.find(({ ipa }) => ipa === 'p_cr')).toMatchObject({
      received: at,
      documentsComplete: at,
    });
    expect(recipients.find(({ ipa }) => ipa === 'c_d150')).toMatchObject({ received: null, receipts: [] });
  });

  it('of a later act names the filing that chose its recipients; of an event without a place says so', async () => {
    expect(await explained(act)).toMatchObject({
      decision: { position: 2 },
      chosenBy: { eventId: filing.decision.event.id, position: 1 },
    });
    const unplaced = log.logged.at(-1)!.entry.eventId;
    const { read, head, registry } = await log.source();
    const sought = { eventId: unplaced };
    const found = explainEvent(await trailInCopy(read, head, sought), sought, registry);
    expect(found).toMatchObject({ decision: null, recipients: [], others: [] });
  });

  it('marks a rule whose outcome in the decision is not the one that follows', async () => {
    const lie = await log.altered(filing, {
      rules: filing.decision.rules.map((one) => ({ ...one, matched: !one.matched })),
    });
    const other = new LogInMemory(network);
    other.event(filing.signed);
    other.decision(lie);
    const { read, head, registry } = await other.source();
    const sought = { eventId: filing.decision.event.id };
    const { rules } = explainEvent(await trailInCopy(read, head, sought), sought, registry);
    expect(rules.map(({ confirmed }) => confirmed)).toEqual(rules.map(() => false));
  });

  it('tells how far the copy is read, up to its end', async () => {
    const { read, head } = await log.source();
    const told: number[][] = [];
    await trailInCopy(read, head, { eventId: filing.decision.event.id }, (...far) => void told.push(far));
    expect(told.at(-1)).toEqual([2 * head.size, 2 * head.size]);
  });

  it('is refused for an event that is not there, an author who has not used the id, and lost bytes', async () => {
    const { read, head, registry } = await log.source();
    const unknown = { eventId: '01990000-0000-7000-8000-ffffffffffff' };
    expect(await trailInCopy(read, head, unknown)).toEqual([]);
    const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
    expect(() => explainEvent([], unknown, registry)).toThrow(code('REPLAY_EVENT_NOT_FOUND'));
    const records: LogRecord[] = [];
    for await (const record of readRecords(read, { from: 0, to: head.size })) records.push(record);
    const sought = { eventId: filing.decision.event.id, author: 'p_cr' };
    expect(() => explainEvent(records, sought, registry)).toThrow(code('REPLAY_EVENT_NOT_FOUND'));
    const lost = records
      .filter(({ leaf }) => leaf.practice?.uuid === filing.decision.practice.uuid)
      .map((one) => (one.leaf.kind === 'decision' ? { ...one, signed: null } : one));
    expect(() => explainEvent(lost, { eventId: filing.decision.event.id }, registry)).toThrow(
      code('REPLAY_BYTES_MISSING'),
    );
  });

  it('is not read from entries that do not lead to the signed root', async () => {
    const { read, head } = await log.source();
    const forged = { ...head, root: Buffer.alloc(32) };
    await expect(trailInCopy(read, forged, { eventId: filing.decision.event.id })).rejects.toMatchObject({
      code: 'LOG_TILE_INVALID',
    });
  });
});

describe('what was in force at a time', () => {
  it('is the registry’s last entry by then: rules, bodies, and certificates as they stood', async () => {
    const { registry } = await log.source();
    const before = network.clock.now();
    const then = registryThen(registry.atTime(before), before);
    expect(then.rules.map(({ procedure }) => procedure)).toContain('edilizia.scia');
    expect(then.certificates.find(({ holder }) => holder === 'p_cr')).toMatchObject({ standing: 'in-force' });
    const { fingerprint } = network.signerOf('p_cr').certificate;
    const revokedFrom = new Date(before.getTime() + 1).toISOString();
    await network.publish({ kind: 'certificate.revoked', fingerprint, revokedFrom, reason: 'superseded' });
    const later = (await log.source()).registry;
    const standing = (at: Date) =>
      registryThen(later.atTime(at), at).certificates.find(({ holder }) => holder === 'p_cr')?.standing;
    expect(standing(before)).toBe('in-force');
    expect(standing(new Date(before.getTime() + 1))).toBe('revoked');
    expect(standing(new Date('2030-01-01'))).toBe('revoked');
    expect(() => later.atTime(new Date('2020-01-01'))).toThrow(
      expect.objectContaining({ code: 'REPLAY_TIME_TOO_EARLY' }),
    );
  });
});

describe('a rule in words', () => {
  it('says condition, facts and bodies in Italian and in English', () => {
    const when = {
      op: 'all',
      of: [
        { op: 'equals', fact: 'volume', value: 'oltre-5000' },
        { op: 'not', of: { op: 'in', fact: 'tipo', values: ['a', 'b'] } },
      ],
    } as const;
    expect(conditionInWords(when, 'it')).toBe('(volume è «oltre-5000» e non (tipo è uno fra «a», «b»))');
    expect(conditionInWords(when, 'en')).toBe('(volume is «oltre-5000» and not (tipo is one of «a», «b»))');
    const facts = [{ name: 'tipo', kind: 'code', value: 'c' }] as const;
    expect(factsInWords(['volume', 'tipo'], facts, 'it')).toBe('volume non indicato; tipo vale «c»');
    expect(selectorInWords({ by: 'area', code: 'parco' }, 'en')).toContain('parco');
  });
});
