/** What a container says, gathered document by document: the summary is made of it, and nothing else. */
import type { DocumentRef, RegistryEntry, Sha256 } from '#contracts';
import { HubError } from '#errors';
import type { SigningCertificate } from '#evidence';
import { RegistryState, type RegistryAtVersion } from '#registry-chain';
import type { EvidenceDocument } from './evidence-document.ts';
import type { RegistryQuestion } from './registry-part.ts';

type DocumentOfKind<K extends EvidenceDocument['kind']> = Extract<EvidenceDocument, { readonly kind: K }>;
type Slim<K extends 'decision' | 'receipt' | 'action'> = Omit<DocumentOfKind<K>, 'item' | 'batch'>;

/** More documents named by the events of one practice are not listed: a summary is read by people. */
const MAX_LISTED_DOCUMENTS = 50_000;

/** An event with what others have said of it. */
export interface Act {
  readonly signed: DocumentOfKind<'event'>;
  readonly decision: Slim<'decision'> | undefined;
  /** In the order of their times. */
  readonly receipts: readonly Slim<'receipt'>[];
}

export interface LogFacts {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Who has cosigned the checkpoint, and when by its own clock. */
  readonly witnesses: readonly { readonly holder: string; readonly time: Date }[];
}

export interface DocumentRow extends DocumentRef {
  readonly author: string;
  readonly position: number | null;
}

/** How a container came to be. */
export interface Making {
  /** Of a copy of the log, without asking anybody; else by the auditor's node of its own. */
  readonly fromCopy: boolean;
  readonly sealed: boolean;
}

/** Facts of one practice. Bytes are not kept. */
export class EvidenceFacts {
  readonly #events: DocumentOfKind<'event'>[] = [];
  readonly #decisions = new Map<string, Slim<'decision'>>();
  readonly #receipts = new Map<string, Slim<'receipt'>[]>();
  readonly #actions: Slim<'action'>[] = [];
  readonly #certificates = new Map<Sha256, SigningCertificate>();
  readonly #entries: { readonly entry: RegistryEntry; readonly digest: Sha256 }[] = [];
  #documents = 0;
  #registry: RegistryAtVersion | undefined;
  #names: ReadonlyMap<string, string> | undefined;

  constructor(
    readonly practice: { readonly owner: string; readonly uuid: string },
    readonly log: LogFacts,
    readonly making: Making,
  ) {}

  /** @throws HubError `EVIDENCE_TOO_LARGE` */
  add(document: EvidenceDocument): void {
    this.certify(document.certificate);
    switch (document.kind) {
      case 'event':
        this.#documents += document.event.documents.length;
        if (this.#documents > MAX_LISTED_DOCUMENTS)
          throw new HubError(
            'EVIDENCE_TOO_LARGE',
            `the events name more than ${MAX_LISTED_DOCUMENTS} documents`,
          );
        this.#events.push(document);
        return;
      case 'decision':
        this.#decisions.set(keyOf(document.decision.event), slim(document));
        return;
      case 'receipt': {
        const key = keyOf(document.receipt.event);
        this.#receipts.set(key, [...(this.#receipts.get(key) ?? []), slim(document)]);
        return;
      }
      case 'action':
        this.#actions.push(slim(document));
        return;
    }
  }

  /** A certificate that has signed something in the container. */
  certify(certificate: SigningCertificate): void {
    this.#certificates.set(certificate.fingerprint, certificate);
  }

  /** The next entry of the registry, in the order of their numbers. */
  addEntry(entry: RegistryEntry, digest: Sha256): void {
    this.#entries.push({ entry, digest });
    this.#registry = undefined;
    this.#names = undefined;
  }

  /** By position; what nothing has placed comes last. */
  get acts(): readonly Act[] {
    return this.#events
      .map((signed): Act => {
        const key = keyOf({ author: signed.event.author.ipa, id: signed.event.id });
        const receipts = (this.#receipts.get(key) ?? []).toSorted(
          (one, other) => order(one.receipt.time, other.receipt.time) || one.index - other.index,
        );
        return { signed, decision: this.#decisions.get(key), receipts };
      })
      .toSorted((one, other) => placeOf(one) - placeOf(other) || one.signed.index - other.signed.index);
  }

  /** Decisions and receipts about events that are not here. */
  get orphans(): readonly { readonly kind: string; readonly file: string }[] {
    const here = new Set(this.#events.map(({ event }) => keyOf({ author: event.author.ipa, id: event.id })));
    const about: (readonly [string, readonly { readonly kind: string; readonly file: string }[]])[] = [
      ...[...this.#decisions].map(([key, decision]) => [key, [decision]] as const),
      ...this.#receipts,
    ];
    return about.flatMap(([key, said]) => (here.has(key) ? [] : said));
  }

  get actions(): readonly Slim<'action'>[] {
    return this.#actions.toSorted((one, other) => one.index - other.index);
  }

  get documents(): readonly DocumentRow[] {
    return this.acts.flatMap(({ signed: { event }, decision }) =>
      event.documents.map((named) => ({
        ...named,
        author: event.author.ipa,
        position: decision?.decision.position ?? null,
      })),
    );
  }

  /** Who has signed, by holder and then generation. */
  get certificates(): readonly SigningCertificate[] {
    return [...this.#certificates.values()].toSorted(
      (one, other) => order(nameOf(one), nameOf(other)) || order(one.fingerprint, other.fingerprint),
    );
  }

  get entries(): readonly { readonly entry: RegistryEntry; readonly digest: Sha256 }[] {
    return this.#entries;
  }

  /** The registry as the entries here make it. @throws HubError `REGISTRY_VERSION_UNKNOWN` if there is none */
  get registry(): RegistryAtVersion {
    this.#registry ??= this.#foldRegistry();
    return this.#registry;
  }

  /** A body's name with its IPA code, as the registry calls it last. */
  bodyName(ipa: string): string {
    this.#names ??= new Map(this.registry.bodies().map((body) => [body.ipa.toLowerCase(), body.name]));
    const name = this.#names.get(ipa.toLowerCase());
    return name === undefined ? ipa : `${name} (${ipa})`;
  }

  /** What has to be asked of the registry about all this. */
  question(): RegistryQuestion {
    const bodies = new Set([this.practice.owner.toLowerCase()]);
    const procedures = new Set<string>();
    for (const { signed, decision, receipts } of this.acts) {
      const { event } = signed;
      procedures.add(`${event.procedure.code}@${event.procedure.version}`);
      bodies.add(event.author.ipa.toLowerCase());
      for (const { ipa } of decision?.decision.participants ?? []) bodies.add(ipa.toLowerCase());
      for (const { receipt } of receipts) bodies.add(receipt.by.toLowerCase());
      if (event.body.type === 'external.notified') bodies.add(event.body.recipient.toLowerCase());
    }
    for (const { holder } of this.log.witnesses) bodies.add(holder.toLowerCase());
    return { certificates: new Set(this.#certificates.keys()), bodies, procedures };
  }

  #foldRegistry(): RegistryAtVersion {
    const last = this.#entries.at(-1);
    if (last === undefined)
      throw new HubError('REGISTRY_VERSION_UNKNOWN', 'no entry of the registry is here');
    const head = { number: last.entry.number, digest: last.digest };
    return RegistryState.ofSnapshot(this.#entries, head).at(head.number);
  }
}

/** What was parsed is kept, the bytes that it was read from are not. */
function slim<D extends DocumentOfKind<'decision' | 'receipt' | 'action'>>(
  document: D,
): Omit<D, 'item' | 'batch'> {
  const kept: { -readonly [K in keyof D]?: D[K] } = { ...document };
  delete kept.item;
  delete kept.batch;
  return kept as Omit<D, 'item' | 'batch'>;
}

function keyOf({ author, id }: { readonly author: string; readonly id: string }): string {
  return `${author.toLowerCase()}/${id}`;
}

function placeOf({ decision }: Act): number {
  return decision?.decision.position ?? Number.MAX_SAFE_INTEGER;
}

function nameOf({ subject, x509 }: SigningCertificate): string {
  return subject === undefined
    ? x509.subject
    : `${subject.holder} ${String(subject.generation).padStart(9, '0')}`;
}

/** By code unit, the same on every machine. */
function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
