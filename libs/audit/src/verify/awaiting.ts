import { readCertificate, type SigningCertificate } from '#evidence';

/** An event that was verified but for the time, which the decision about it gives. */
export interface AwaitingDecision {
  readonly index: number;
  readonly certificate: SigningCertificate;
  readonly signingTime: Date;
  /** When it came to the log at the earliest: by this it is judged if no decision comes. */
  readonly arrivedAt: Date;
  readonly digest: string;
  readonly signedInfoDigest: string;
  /** The registry's entry that it names. */
  readonly registry: number;
}

/** A decision whose event has not come yet. */
export interface AwaitingEvent {
  readonly index: number;
  readonly time: Date;
  /** Null where the copy does not have the decision itself. */
  readonly about: {
    readonly digest: string;
    readonly signedInfoDigest: string;
    readonly registry: number;
  } | null;
}

/** Each side keeps so many: what belongs together follows within seconds, unless nothing ever does. */
const MOST = 50_000;

/** Events and decisions, until the other one of the pair comes: the log reads them from different topics. */
export class Awaiting {
  readonly events = new Map<string, AwaitingDecision>();
  readonly decisions = new Map<string, AwaitingEvent>();

  /** @returns the event that has waited longest, if there is no room for it any more */
  addEvent(key: string, event: AwaitingDecision): AwaitingDecision | undefined {
    this.events.set(key, event);
    if (this.events.size <= MOST) return undefined;
    const [oldest] = this.events;
    if (oldest === undefined) return undefined;
    this.events.delete(oldest[0]);
    return oldest[1];
  }

  addDecision(key: string, decision: AwaitingEvent): void {
    this.decisions.set(key, decision);
    const [oldest] = this.decisions.keys();
    if (this.decisions.size > MOST && oldest !== undefined) this.decisions.delete(oldest);
  }

  takeEvent(key: string): AwaitingDecision | undefined {
    const found = this.events.get(key);
    this.events.delete(key);
    return found;
  }

  takeDecision(key: string): AwaitingEvent | undefined {
    const found = this.decisions.get(key);
    this.decisions.delete(key);
    return found;
  }

  /** As JSON; each certificate once. */
  soFar() {
    const certificates = new Map(
      [...this.events.values()].map(({ certificate }) => [certificate.fingerprint, certificate.encoded.der]),
    );
    return {
      certificates: Object.fromEntries<string>(certificates),
      events: [...this.events].map(([key, { certificate, ...event }]) => ({
        ...event,
        key,
        certificate: certificate.fingerprint,
        signingTime: event.signingTime.getTime(),
        arrivedAt: event.arrivedAt.getTime(),
      })),
      decisions: [...this.decisions].map(([key, decision]) => ({
        ...decision,
        key,
        time: decision.time.getTime(),
      })),
    };
  }

  static from({ certificates, events, decisions }: ReturnType<Awaiting['soFar']>): Awaiting {
    const awaiting = new Awaiting();
    for (const { key, certificate, signingTime, arrivedAt, ...event } of events)
      awaiting.events.set(key, {
        ...event,
        certificate: readCertificate(Buffer.from(certificates[certificate] ?? '', 'base64')),
        signingTime: new Date(signingTime),
        arrivedAt: new Date(arrivedAt),
      });
    for (const { key, time, ...decision } of decisions)
      awaiting.decisions.set(key, { ...decision, time: new Date(time) });
    return awaiting;
  }
}
