import {
  actionEntry,
  decisionEntry,
  eventEntry,
  receiptEntry,
  RegistrySelection,
  type EvidenceSource,
  type SourceWitness,
} from '#audit';
import {
  parseEventId,
  parseIpaCode,
  parseRegistryEntry,
  parseSha256,
  type OperatorAction,
  type Receipt,
  type ReceiptKind,
  type Sha256,
} from '#contracts';
import { sha256Hex, signActions, signReceipts } from '#evidence';
import {
  cosigner,
  hashesOf,
  inclusionProof,
  leafHash,
  logEntry,
  noteSigner,
  parseNote,
  rootAt,
  signCheckpoint,
  type Cosigner,
  type LogEntry,
  type NoteSignature,
  type NoteSigner,
} from '#tlog';
import { aDecision, type DecidedEvent } from './decisions.ts';
import type { TestNetwork } from './network.ts';
import { aPractice } from './practice.ts';

const ORIGIN = 'test.reset-hub.example/log';

/** A log in memory: entries, the documents they stand for, and whoever signs its checkpoints. */
export class EvidenceLog implements DocumentSink {
  readonly signer: NoteSigner = noteSigner(ORIGIN, Buffer.alloc(32, 7));
  readonly entries: Buffer[] = [];
  readonly documents = new Map<Sha256, Buffer>();
  readonly witnesses: (SourceWitness & { readonly cosigner: Cosigner })[] = [];

  /** Logs a document: what its leaf says is what the document says. */
  append(entry: LogEntry, bytes: Buffer): void {
    this.entries.push(logEntry(entry).bytes);
    this.documents.set(sha256Hex(bytes), bytes);
  }

  /** Something of another practice: leaves lie apart. */
  async fill(network: TestNetwork): Promise<void> {
    const { event, bytes } = await aPractice(network).filedBy('c_d142').signed();
    this.event({ event, bytes });
  }

  event({ event, bytes }: Pick<DecidedEvent['signed'], 'event' | 'bytes'>): void {
    this.append(eventEntry({ event, digest: sha256Hex(bytes) }), bytes);
  }

  decision({ decision, item }: DecidedEvent): void {
    this.append(decisionEntry({ decision, digest: sha256Hex(item) }), item);
  }

  receipt(receipt: Receipt, item: Buffer): void {
    this.append(receiptEntry({ receipt, digest: sha256Hex(item) }), item);
  }

  action(action: OperatorAction, item: Buffer): void {
    this.append(actionEntry({ action, digest: sha256Hex(item) }), item);
  }

  /** A member becomes a witness: its seal vouches for a key of its own. */
  async witness(network: TestNetwork, holder: string): Promise<void> {
    const witness = cosigner(holder, Buffer.alloc(32, this.witnesses.length + 1));
    const { vkey } = witness.verifier;
    const statement = await aWitnessStatement(network, holder, vkey);
    this.witnesses.push({ holder, vkey, statement, cosigner: witness });
  }

  /** What a container of this practice is made of. */
  source(
    network: TestNetwork,
    { owner, uuid }: { readonly owner: string; readonly uuid: string },
  ): EvidenceSource {
    const size = this.entries.length;
    const hashAt = hashesOf(this.entries.map((entry) => leafHash(entry)));
    const root = rootAt(size, hashAt);
    const head = network.registry.current();
    const leaves = this.entries.map((entry, index) => ({ index, entry }));
    return {
      practice: { owner, uuid },
      checkpoint: {
        size,
        root,
        note: this.#checkpoint(network, size, root),
        witnessed: this.witnesses.length > 0,
      },
      logKey: this.signer.verifier.vkey,
      witnesses: this.witnesses,
      leaves: leaves.filter(({ entry }) => entry.includes(uuid)),
      registryHead: head,
      documents: (digests) =>
        Promise.resolve(
          new Map(
            digests.flatMap((digest) => {
              const bytes = this.documents.get(digest);
              return bytes === undefined ? [] : [[digest, bytes] as const];
            }),
          ),
        ),
      proofs: (indexes) => Promise.resolve(indexes.map((index) => inclusionProof(index, size, hashAt))),
      registry: async function* (question) {
        const selection = question === null ? null : new RegistrySelection(question);
        for (const bytes of await Promise.resolve(network.entries)) {
          if (selection?.takes(parseRegistryEntry(bytes).change) !== false) yield bytes;
        }
      },
    };
  }

  #checkpoint(network: TestNetwork, size: number, root: Buffer): Buffer {
    const note = signCheckpoint({ origin: ORIGIN, size, root }, this.signer);
    return cosigned(
      note,
      this.witnesses.map((one) => one.cosigner),
      network.clock.now(),
    );
  }
}

/** A checkpoint with the witnesses' signatures under it. */
export function cosigned(note: Buffer, witnesses: readonly Cosigner[], at: Date): Buffer {
  const { text } = parseNote(note);
  const seconds = Math.floor(at.getTime() / 1_000);
  const lines = witnesses.map((witness) => signatureLine(witness.cosign(text, seconds)));
  return Buffer.concat([note, Buffer.from(lines.join(''))]);
}

/** Where the documents of a practice go, one after the other. */
export interface DocumentSink {
  event(signed: DecidedEvent['signed']): void | Promise<void>;
  decision(decided: DecidedEvent): void | Promise<void>;
  receipt(receipt: Receipt, item: Buffer): void | Promise<void>;
  action(action: OperatorAction, item: Buffer): void | Promise<void>;
}

/** A practice from its filing to a conclusion, told to everybody: two events with all that is signed about them. */
export async function signPractice(
  network: TestNetwork,
  sink: DocumentSink,
): Promise<{ readonly owner: string; readonly uuid: string }> {
  const practice = aPractice(network);
  const filing = await aDecision(await practice.filedBy('c_d150').withDocument().signed(), 1);
  const { participants } = filing.decision;
  const act = practice.actBy('p_cr').withDocument(undefined, 'act');
  const conclusion = await aDecision(await act.signed(), 2, { participants });
  for (const decided of [filing, conclusion]) {
    await sink.event(decided.signed);
    await sink.decision(decided);
    for (const kind of ['received', 'documents-complete', 'registered'] as const) {
      const by = decided === filing ? 'p_cr' : 'c_d150';
      const receipt = aReceiptOf(network, decided, by, kind);
      const { items } = await signReceipts([receipt], network.signerOf(by), network.clock.now());
      for (const item of items) await sink.receipt(receipt, item);
    }
  }
  const { owner, uuid } = practice.ref;
  const action = { ...anAction(network, 'p_cr'), practice: { owner, uuid } };
  await sink.action(action, await signed(network, action));
  return { owner, uuid };
}

/** The same in a log of its own, with other practices around it and three witnesses. */
export async function aLoggedPractice(network: TestNetwork): Promise<{
  readonly log: EvidenceLog;
  readonly practice: { readonly owner: string; readonly uuid: string };
}> {
  const log = new EvidenceLog();
  await log.fill(network);
  const practice = await signPractice(network, log);
  await log.fill(network);
  for (const holder of ['c_d150', 'p_cr', 'c_d142']) await log.witness(network, holder);
  return { log, practice };
}

/** What the seal of a node says of the key with which it is a witness. */
export async function aWitnessStatement(network: TestNetwork, holder: string, vkey: string): Promise<Buffer> {
  return signed(network, {
    ...anAction(network, holder),
    ...{ kind: 'witness.key-published', outcome: 'published', details: [{ name: 'vkey', value: vkey }] },
  });
}

/** A signature line of a note (c2sp.org/signed-note). */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

function aReceiptOf(
  network: TestNetwork,
  { decision }: DecidedEvent,
  by: string,
  kind: ReceiptKind,
): Receipt {
  const { author, id, digest } = decision.event;
  const registration = { aoo: 'AOO1', register: 'PG', number: '0000042', date: '2026-03-04' };
  return {
    version: '1.0',
    kind,
    by: parseIpaCode(by),
    time: network.clock.now().toISOString(),
    event: { author, id, digest },
    practice: decision.practice,
    position: decision.position,
    code: null,
    registration: kind === 'registered' ? registration : null,
    cancellation: null,
  };
}

function anAction(network: TestNetwork, node: string): OperatorAction {
  return {
    version: '1.0',
    id: parseEventId(network.ids.uuidv7()),
    kind: 'event.sent-again',
    node,
    role: 'authority',
    time: network.clock.now().toISOString(),
    outcome: 'sent',
    actors: [{ kind: 'token', reference: parseSha256('ab'.repeat(32)) }],
    ...{ reason: null, record: null, event: null, practice: null, set: null, details: [] },
  };
}

async function signed(network: TestNetwork, action: OperatorAction): Promise<Buffer> {
  const { items } = await signActions([action], network.signerOf(action.node), network.clock.now());
  const [item] = items;
  if (item === undefined) throw new Error('nothing was signed');
  return item;
}
