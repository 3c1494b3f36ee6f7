/** A log and its archive in memory, for specs: really signed, and changed by hand. */
import { parseSignedItem, parseDecision, type Decision, type Participant, type Receipt } from '#contracts';
import { sha256Hex, signDecisions } from '#evidence';
import { aDecision, type DecidedEvent, type SignedEvent, type TestNetwork } from '#testing';
import {
  entriesPath,
  formatBundle,
  logEntry,
  merkleRoot,
  TILE_WIDTH,
  type LogEntry,
  type ReadLogFile,
} from '#tlog';
import { archivePath } from '../copy/copy-paths.ts';
import { writePack } from '../copy/pack.ts';
import { RegistryHistory } from './registry-history.ts';
import type { ReplaySource } from './replay-log.ts';

interface Logged {
  readonly entry: LogEntry;
  /** Null: not in the archive. */
  readonly signed: Buffer | null;
}

export class LogInMemory {
  /** In the order of the log; specs take out and change what they like. */
  logged: Logged[] = [];
  readonly network: TestNetwork;

  constructor(network: TestNetwork) {
    this.network = network;
  }

  event({ event, bytes }: SignedEvent): void {
    const { owner, uuid } = event.practice;
    const about = { author: event.author.ipa, eventId: event.id, practice: { owner, uuid } };
    const { type, time } = event;
    const entry = { kind: 'event', ...about, position: null, type, time, sha256: sha256Hex(bytes) } as const;
    this.logged.push({ entry, signed: bytes });
  }

  decision(item: Buffer): void {
    const decision = parseDecision(parseSignedItem(item).item);
    const { owner, uuid } = decision.practice;
    const entry = {
      kind: 'decision',
      author: decision.event.author,
      eventId: decision.event.id,
      practice: { owner, uuid },
      position: decision.position,
      type: decision.event.type,
      time: decision.time,
      sha256: sha256Hex(item),
      by: decision.router,
      rules: decision.rules,
      recipients: decision.participants,
    } as const;
    this.logged.push({ entry, signed: item });
  }

  receipt(item: Buffer, { event, practice, position, kind, time, by }: Receipt): void {
    const { owner, uuid } = practice;
    const about = { author: event.author, eventId: event.id, practice: { owner, uuid }, position };
    const entry = { kind: 'receipt', ...about, type: kind, time, sha256: sha256Hex(item), by } as const;
    this.logged.push({ entry, signed: item });
  }

  /** An event with the decision on it, as a router decides. */
  async placed(
    signed: SignedEvent,
    position: number,
    participants?: readonly Participant[],
  ): Promise<DecidedEvent> {
    const decided = await aDecision(signed, position, participants === undefined ? {} : { participants });
    this.event(signed);
    this.decision(decided.item);
    return decided;
  }

  /** The same decision but for what is changed, signed by the router all the same. */
  async altered({ decision }: DecidedEvent, changed: Partial<Decision>): Promise<Buffer> {
    const { items } = await signDecisions(
      [{ ...decision, ...changed }],
      this.network.signerOf(decision.router),
      this.network.clock.now(),
    );
    const [item] = items;
    if (item === undefined) throw new Error('a batch of one has one item');
    return item;
  }

  /** As a reader of a copy finds it. */
  async source(whole = true): Promise<ReplaySource> {
    const files = new Map<string, Buffer>();
    for (let from = 0; from < this.logged.length; from += TILE_WIDTH) {
      const part = this.logged.slice(from, from + TILE_WIDTH);
      const bundle = { index: from / TILE_WIDTH, width: part.length };
      files.set(entriesPath(bundle), formatBundle(part.map(({ entry }) => logEntry(entry).bytes)));
      files.set(
        archivePath(bundle),
        await writePack(
          part.map(({ signed }) => signed),
          { quality: 0 },
        ),
      );
    }
    const read: ReadLogFile = (path) => Promise.resolve(files.get(path));
    const registry = RegistryHistory.of(this.network.entries, this.network.root.fingerprint);
    const root = merkleRoot(this.logged.map(({ entry }) => logEntry(entry).bytes));
    return { read, head: { size: this.logged.length, root }, whole, registry };
  }
}
