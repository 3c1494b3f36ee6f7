/** Filings and answers that flow while parts of the network break: several practices at once, each on its way. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { FaultNetwork } from '../network/fault-network.ts';
import type { FaultNode } from '../network/fault-node.ts';
import type { Random } from '../random.ts';
import { told } from '../told.ts';
import { Ledger, type Promised, type Sending } from './partner.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';
const PROCEDURE = 'edilizia.scia';
const OWNERS = ['c_d150', 'c_d142', 'c_b898'] as const;
const PROVINCE = 'p_cr';
/** Who is asked too when the site lies at the border: c_d150 and c_b898 are neighbours in the catalogue. */
const NEIGHBOUR: Readonly<Record<string, string>> = { c_d150: 'c_b898', c_b898: 'c_d150' };
/** Practices on their way at once. */
const AT_ONCE = 4;
/** From one practice's start to the next in a lane, milliseconds. */
const PACE_MS = 300;
const MOST_ATTACHMENT_BYTES = 60_000;

interface Held {
  readonly position: number;
  readonly events: readonly { readonly eventId: string; readonly position: number | null }[];
}

export class Flow {
  readonly ledger = new Ledger();
  /** Requests that were refused or never answered, in words. */
  readonly complaints: string[] = [];
  /** What took so long that nobody waited for it: late is not lost, the questions at the end tell the two apart. */
  readonly late: string[] = [];
  readonly #network: FaultNetwork;
  readonly #random: Random;
  readonly #patienceMs: number;
  readonly #form = readFileSync(FORM, 'utf8');
  #isStopping = false;
  #lanes: Promise<void>[] = [];

  /** @param patienceMs how long an event may take until it has its place, milliseconds */
  constructor(network: FaultNetwork, random: Random, patienceMs: number) {
    this.#network = network;
    this.#patienceMs = patienceMs;
    this.#random = random;
  }

  start(): void {
    this.#lanes = Array.from({ length: AT_ONCE }, () => this.#lane(this.#random.fork()));
  }

  /** Begins nothing new and waits for what is on its way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
  }

  async #lane(random: Random): Promise<void> {
    while (!this.#isStopping) {
      const started = performance.now();
      try {
        await this.#practice(random);
      } catch (error) {
        this.complaints.push(told(error));
      }
      await pause(Math.max(0, PACE_MS - (performance.now() - started)));
    }
  }

  /** One practice: filed, and often gone on with: more is asked for, provided, and one or two bodies conclude. */
  async #practice(random: Random): Promise<void> {
    const owner = random.pick(OWNERS);
    const neighbour = random.chance(0.4) ? NEIGHBOUR[owner] : undefined;
    const filed = await this.#file(owner, neighbour !== undefined, random);
    if (filed === null || random.chance(0.3)) return;
    if (!(await this.#placed(PROVINCE, filed)) || !(await this.#placed(owner, filed))) return;
    if (random.chance(0.5)) await this.#integration(filed, owner, random);
    const concluding = [PROVINCE, ...(neighbour === undefined ? [] : [neighbour])];
    await Promise.all(concluding.map((ipa) => this.#conclude(filed, owner, ipa, random.fork())));
  }

  async #file(owner: string, isAtBorder: boolean, random: Random): Promise<Promised | null> {
    const attachment = noise(random, random.between(1, MOST_ATTACHMENT_BYTES));
    const form = isAtBorder
      ? this.#form.replace('<inFasciaDiConfine>false', '<inFasciaDiConfine>true')
      : this.#form;
    const body = (): FormData => {
      const upload = new FormData();
      upload.set('procedure', PROCEDURE);
      // The form's own municipality is Cremona's; each owner files for its own.
      upload.set('territory', this.#istat(owner));
      upload.set('form', new Blob([form], { type: 'application/xml' }), 'istanza.xml');
      upload.set('attachment', new Blob([attachment], { type: 'application/octet-stream' }), 'allegato.bin');
      return upload;
    };
    const filed = await this.ledger.post(this.#node(owner), '/v1/practices', body, sending(random));
    if (filed !== null) this.ledger.counts.filings += 1;
    return filed;
  }

  async #integration(filed: Promised, owner: string, random: Random): Promise<void> {
    const asked = await this.#act(filed, owner, PROVINCE, random, {
      type: 'integration.requested',
      days: '10',
      dayKind: 'calendar',
    });
    if (asked === null) return;
    if (!(await this.#placed(owner, filed, asked.eventId))) return;
    await this.#act(filed, owner, owner, random, {
      type: 'integration.provided',
      causeAuthor: PROVINCE,
      causeEvent: asked.eventId,
    });
  }

  async #conclude(filed: Promised, owner: string, ipa: string, random: Random): Promise<void> {
    if (!(await this.#placed(ipa, filed))) return;
    const outcome = random.pick(['favourable', 'unfavourable']);
    await this.#act(filed, owner, ipa, random, { type: 'conclusion.issued', outcome });
  }

  async #act(
    { practiceId }: Promised,
    owner: string,
    ipa: string,
    random: Random,
    fields: Readonly<Record<string, string>>,
  ): Promise<Promised | null> {
    const content = noise(random, random.between(1, MOST_ATTACHMENT_BYTES / 4));
    const body = (): FormData => {
      const upload = new FormData();
      for (const [name, value] of Object.entries(fields)) upload.set(name, value);
      upload.set('document', new Blob([content], { type: 'application/octet-stream' }), 'atto.bin');
      return upload;
    };
    const path = `/v1/practices/${practiceId}/events?owner=${owner}`;
    const done = await this.ledger.post(this.#node(ipa), path, body, sending(random));
    if (done !== null) this.ledger.counts.acts += 1;
    return done;
  }

  /** Waits until an event (the filing unless another is named) has its place at that node; false if nobody waits longer. */
  async #placed(ipa: string, { practiceId, author, eventId }: Promised, event = eventId): Promise<boolean> {
    const { url, token } = this.#node(ipa);
    const what = `event ${event} of practice ${author}/${practiceId} has its place at ${ipa}`;
    const placed = until(what, this.#patienceMs, async () => {
      await pause(100);
      const response = await fetch(`${url}/v1/practices/${practiceId}?owner=${author}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(5_000),
      });
      if (!response.ok) return undefined;
      const { events } = (await response.json()) as Held;
      return events.some((each) => each.eventId === event && each.position !== null) ? true : undefined;
    });
    return await placed.catch((error: unknown) => {
      this.late.push(told(error));
      return false;
    });
  }

  #node(ipa: string): FaultNode {
    return this.#network.node(ipa);
  }

  #istat(ipa: string): string {
    return { c_d150: '019036', c_d142: '019035', c_b898: '019021' }[ipa] ?? '019036';
  }
}

/** Most partners send a key; some do not, and take what they get. */
function sending(random: Random): Sending {
  return { random, keyed: random.chance(0.85) };
}

/** Bytes that a seed determines and nothing compresses. */
function noise(random: Random, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) bytes[at] = random.between(0, 255);
  return bytes;
}
