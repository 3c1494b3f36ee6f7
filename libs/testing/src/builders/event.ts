import {
  cloudEventHeaders,
  parseEventId,
  parseIpaCode,
  parseIstatCode,
  serializeEvent,
  type CloudEventHeaders,
  type DocumentRole,
  type EventBody,
  type EventId,
  type EventType,
  type Fact,
  type FactKind,
  type HubEvent,
  type IpaCode,
  type PracticeRef,
  type Sha256,
} from '#contracts';
import { sha256Hex, signEvent } from '#evidence';
import { defaultBody, defaultFacts } from './defaults.ts';
import { aDocument, exampleForm, type TestDocument } from './documents.ts';
import type { TestNetwork } from './network.ts';

/** An event as its author sends it. */
export interface SignedEvent {
  readonly event: HubEvent;
  /** What travels: the signed bytes, unless a fault was asked for. */
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of what the author signed. */
  readonly digest: Sha256;
  readonly documents: readonly TestDocument[];
  readonly network: TestNetwork;
}

/** An author's last event of a practice, as the author counts. */
export interface AuthorHead {
  readonly number: number;
  readonly digest: Sha256 | null;
}

/** What an event takes from the practice it is signed in, and leaves there. */
export interface OpenPractice {
  readonly network: TestNetwork;
  readonly ref: PracticeRef;
  procedure: { readonly code: string; readonly version: number };
  headOf(ipa: IpaCode): AuthorHead;
  /** @param replaces whether it takes the place of the author's event of that number */
  signed(ipa: IpaCode, head: AuthorHead, replaces: boolean): void;
}

type Fault = (signed: Buffer, unsigned: Buffer) => Buffer;

/**
 * An event in the making. Complete and valid from the start; every method changes one thing, the last ones on purpose
 * to the worse. `signed()` signs with the author's real key.
 */
export class EventBuilder {
  readonly #practice: OpenPractice;
  readonly #author: string;
  readonly #facts = new Map<string, Fact>();
  readonly #documents: TestDocument[] = [];
  readonly #headers: Record<string, string | undefined> = {};
  #type: EventType;
  #body: EventBody | undefined;
  #territory: string | undefined;
  #formMissing = false;
  #sequence: Partial<HubEvent['sequence']> = {};
  #other: Partial<HubEvent> = {};
  #signer: string;
  #signedAt: Date | undefined;
  #fault: Fault = (signed) => signed;

  constructor(practice: OpenPractice, author: string, type: EventType) {
    this.#practice = practice;
    this.#author = author;
    this.#signer = author;
    this.#type = type;
  }

  type(type: EventType): this {
    this.#type = type;
    return this;
  }

  body(body: EventBody): this {
    this.#body = body;
    this.#type = body.type;
    return this;
  }

  /** The procedure of a filing, known or not. Acts follow their practice's. */
  procedure(code: string, version = 1): this {
    this.#practice.procedure = { code, version };
    return this;
  }

  /** ISTAT code of the municipality, known or not; the owner's own unless given. */
  territory(istat: string): this {
    this.#territory = istat;
    return this;
  }

  /** Sets a fact, declared or not; its kind is the declared one unless given. */
  withFact(name: string, value: string, kind?: FactKind): this {
    const declared = this.#declaredFacts().find((fact) => fact.name === name)?.kind;
    this.#facts.set(name, { name, value, kind: kind ?? declared ?? 'code' });
    return this;
  }

  withDocument(bytes = Buffer.from('%PDF-1.7 test'), role: DocumentRole = 'attachment'): this {
    this.#documents.push(aDocument(this.#practice.network.ids, role, bytes));
    return this;
  }

  /** Any field of the event, replaced at the very end. */
  with(other: Partial<HubEvent>): this {
    this.#other = { ...this.#other, ...other };
    return this;
  }

  /** Takes the number of an event that was parked or never arrived, and (unless given) its predecessor. */
  replacing({ event }: SignedEvent, previous = event.sequence.previous): this {
    return this.numbered(event.sequence.number, previous).with({ replaces: event.id });
  }

  /** Fault: an id that is used already, by this author or another. */
  id(id: EventId): this {
    return this.with({ id });
  }

  /** Fault: another number than the author's next, another predecessor than its last. */
  numbered(number: number, previous?: Sha256 | null): this {
    this.#sequence = { number, ...(previous === undefined ? {} : { previous }) };
    return this;
  }

  /** Fault: the body names a form document that the event does not carry. */
  withoutForm(): this {
    this.#formMissing = true;
    return this;
  }

  /** Fault: signed by another holder: a neighbour, or one whose role cannot sign events. */
  signedBy(holder: string): this {
    this.#signer = holder;
    return this;
  }

  /** Fault: another SigningTime than the clock's. */
  signedAt(moment: Date): this {
    this.#signedAt = moment;
    return this;
  }

  /** Fault: no signature. */
  unsigned(): this {
    return this.spoilt((_, unsigned) => unsigned);
  }

  /** Fault: one word of the signed content is another. */
  tampered(): this {
    return this.spoilt((signed) =>
      Buffer.from(signed.toString().replace(/ office="[^"]*"/, ' office="ALTRO"')),
    );
  }

  /** Fault: what travels is made from the signed bytes. */
  spoilt(fault: Fault): this {
    this.#fault = fault;
    return this;
  }

  /** Fault: a header that disagrees with the body, or (undefined) is missing. */
  withHeader(name: keyof CloudEventHeaders, value: string | undefined): this {
    this.#headers[name] = value;
    return this;
  }

  async signed(): Promise<SignedEvent> {
    const { network } = this.#practice;
    const event = this.#event();
    const unsigned = serializeEvent(event);
    const signed = await signEvent(
      event,
      network.signerOf(this.#signer),
      this.#signedAt ?? network.clock.now(),
    );
    const digest = sha256Hex(signed);
    const { number } = event.sequence;
    this.#practice.signed(event.author.ipa, { number, digest }, event.replaces !== null);
    const headers: Record<string, string | undefined> = { ...cloudEventHeaders(event), ...this.#headers };
    return {
      event,
      bytes: this.#fault(signed, unsigned),
      headers: Object.fromEntries(
        Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      digest,
      documents: this.#documents,
      network,
    };
  }

  #event(): HubEvent {
    const { network, ref, procedure } = this.#practice;
    const ipa = parseIpaCode(this.#author);
    const head = this.#practice.headOf(ipa);
    const body = this.#body ?? this.#defaultBody();
    return {
      id: parseEventId(network.ids.uuidv7()),
      type: body.type,
      version: '1.0',
      time: network.clock.now().toISOString(),
      author: { ipa, office: network.registry.body(ipa)?.office ?? 'SUAP' },
      practice: ref,
      sequence: { number: head.number + 1, previous: head.digest, ...this.#sequence },
      replaces: null,
      cause: null,
      registry: network.registry.current(),
      procedure,
      territory: parseIstatCode(this.#territory ?? network.registry.body(ref.owner)?.istat ?? '019036'),
      facts: [...this.#allFacts()],
      body,
      documents: this.#documents.map(({ ref: document }) => document),
      ...this.#other,
    };
  }

  #defaultBody(): EventBody {
    const { network, procedure } = this.#practice;
    if (this.#type === 'event.voided') throw new RangeError('say what is voided: practice.voidedBy(…)');
    if (this.#type !== 'practice.filed') return defaultBody(this.#type, network.clock.now());
    // An unknown procedure has no form: any will do, the filing fails before it is looked at.
    const accepted = network.registry.procedure(procedure.code, procedure.version)?.forms[0];
    const { namespace, root, version } = accepted ?? {
      namespace: 'urn:test',
      root: 'form',
      version: '1.0.0',
    };
    const bytes =
      accepted === undefined ? Buffer.from('<form xmlns="urn:test"/>') : exampleForm(procedure.code);
    const document = aDocument(network.ids, 'form', bytes, 'application/xml');
    if (!this.#formMissing) this.#documents.unshift(document);
    return { type: 'practice.filed', form: { namespace, root, version, document: document.ref.id } };
  }

  #allFacts(): Iterable<Fact> {
    if (this.#type !== 'practice.filed') return this.#facts.values();
    const declared = this.#declaredFacts().map((fact) => [fact.name, fact] as const);
    return new Map([...declared, ...this.#facts]).values();
  }

  #declaredFacts(): readonly Fact[] {
    const { network, procedure } = this.#practice;
    const known = network.registry.procedure(procedure.code, procedure.version);
    return known === undefined ? [] : defaultFacts(known);
  }
}
