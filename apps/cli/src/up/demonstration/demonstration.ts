import { openAsBlob } from 'node:fs';
import type { z } from 'zod';
import type { Procedure } from '#contracts';
import { HubError } from '#errors';
import { awaitProof, type CheckedProof } from '../../audit/check-proof.ts';
import type { Network } from '../../network/network-file.ts';
import { clientOf, memberAt } from '../../network/nodes.ts';
import { lookUpPractice } from '../../practices/find-practice.ts';
import { filed, issued, type PracticeDetail } from '../../practices/practice-shapes.ts';
import { practiceStory, storyText, type PracticeStory } from '../../practices/timeline.ts';
import type { RestClient } from '../../rest/rest-client.ts';
import type { NetworkPlan } from '../network-plan.ts';
import type { Step } from '../progress.ts';
import { chooseFiling, type Filing } from './choose-filing.ts';
import { until } from './until.ts';

/** How long each leg of the way may take, milliseconds: on two cores just after the start it is seconds. */
const LEG_MS = 60_000;

/** What the demonstration showed. */
export interface Shown {
  readonly story: PracticeStory;
  readonly proofs: readonly CheckedProof[];
}

/** Files a real practice and follows it all its way, through nothing but the nodes' REST interfaces. */
export class Demonstration {
  readonly #network: Network;
  readonly #filing: Filing;
  readonly #signal: AbortSignal;
  #practice: z.output<typeof filed> | undefined;
  #participants: PracticeDetail['participants'] = [];
  #conclusion: z.output<typeof issued> | undefined;
  #proofs: readonly CheckedProof[] = [];

  /** @throws HubError `DEMONSTRATION_FAILED` when the catalogue has nothing to file */
  constructor(network: Network, plan: NetworkPlan, signal: AbortSignal) {
    this.#network = network;
    this.#filing = chooseFiling(plan);
    this.#signal = signal;
  }

  steps(): Step[] {
    const { at, procedure } = this.#filing;
    return [
      {
        title: 'A practice goes its way',
        steps: [
          { title: `filed at ${at}: ${procedure.code}`, run: () => this.#file() },
          {
            title: 'at the same position with everyone whom the decision names',
            run: () => this.#arrives(1),
          },
          { title: 'its documents whole everywhere', run: () => this.#documentsComplete() },
          { title: 'a conclusion comes back', run: (report) => this.#conclude(report) },
          { title: 'its events in the log, the proofs verified here', run: (report) => this.#prove(report) },
        ],
      },
    ];
  }

  /** The way it went. @throws HubError when a node cannot be asked */
  async shown(): Promise<Shown> {
    return {
      story: await practiceStory(this.#network, this.#filedPractice().practiceId),
      proofs: this.#proofs,
    };
  }

  async #file(): Promise<void> {
    const { at, procedure, form } = this.#filing;
    const upload = new FormData();
    upload.set('procedure', procedure.code);
    upload.set('form', await openAsBlob(form, { type: 'application/xml' }), 'istanza.xml');
    upload.set('attachment', textFile('Relazione di prova: nessun contenuto reale.\n'), 'relazione.txt');
    this.#practice = await this.#at(at).post('/v1/practices', filed, upload);
  }

  /** Until every joined participant holds every event up to `position`, accepted. */
  async #arrives(position: number): Promise<void> {
    const { owner } = this.#filedPractice();
    const detail = await this.#until(`position ${position} at ${owner}`, owner, (seen) =>
      isAt(seen, position),
    );
    this.#participants = detail.participants;
    await Promise.all(
      this.#joined().map((ipa) =>
        this.#until(`position ${position} at ${ipa}`, ipa, (seen) => isAt(seen, position)),
      ),
    );
  }

  async #documentsComplete(): Promise<void> {
    await Promise.all(
      this.#joined().map((ipa) =>
        this.#until(
          `documents complete at ${ipa}`,
          ipa,
          ({ documents: { total, complete } }) => total > 0 && total === complete,
        ),
      ),
    );
  }

  async #conclude(report: (what: string) => void): Promise<void> {
    const { practiceId, owner } = this.#filedPractice();
    const { procedure, concluder, asksSomebody } = this.#filing;
    const mayConclude = this.#participants.filter(
      ({ joined, part, ipa }) =>
        joined && ipa !== owner && grantsOf(procedure, part).includes('conclusion.issued'),
    );
    const asked = mayConclude.find(({ ipa }) => ipa === concluder) ?? mayConclude[0];
    if (asked === undefined) {
      if (asksSomebody)
        throw new HubError(
          'DEMONSTRATION_FAILED',
          `the decision asks nobody, the rules of ${procedure.code} do`,
        );
      report('nobody else is asked for one in this procedure');
      return;
    }
    const upload = new FormData();
    upload.set('type', 'conclusion.issued');
    upload.set('outcome', 'favourable');
    upload.set('document', textFile('Parere di prova: favorevole.\n'), 'parere.txt');
    const path = `/v1/practices/${practiceId}/events`;
    this.#conclusion = await this.#at(asked.ipa).post(path, issued, upload, { query: { owner } });
    report(`${asked.ipa}: favourable`);
    await this.#arrives(2);
    await this.#documentsComplete();
  }

  async #prove(report: (what: string) => void): Promise<void> {
    const events = [this.#filedPractice().eventId, this.#conclusion?.eventId].filter(
      (id) => id !== undefined,
    );
    this.#proofs = await Promise.all(
      events.map((id) => awaitProof(this.#network, { kind: 'event', eventId: id }, LEG_MS)),
    );
    report(this.#proofs.map(({ index, size }) => `leaf ${index} of ${size}`).join(', '));
  }

  async #until(
    what: string,
    ipa: string,
    isSo: (practice: PracticeDetail) => boolean,
  ): Promise<PracticeDetail> {
    const { practiceId } = this.#filedPractice();
    return await until(what, LEG_MS, this.#signal, async () => {
      const seen = await lookUpPractice(this.#at(ipa), practiceId);
      return seen !== undefined && isSo(seen) ? seen : undefined;
    });
  }

  #joined(): string[] {
    return this.#participants.filter(({ joined }) => joined).map(({ ipa }) => ipa);
  }

  #at(ipa: string): RestClient {
    return clientOf(memberAt(this.#network, ipa));
  }

  #filedPractice(): z.output<typeof filed> {
    if (this.#practice !== undefined) return this.#practice;
    throw new HubError('DEMONSTRATION_FAILED', 'nothing was filed');
  }
}

function grantsOf({ grants }: Procedure, part: string): readonly string[] {
  return new Map<string, readonly string[]>(Object.entries(grants)).get(part) ?? [];
}

function isAt({ events }: PracticeDetail, position: number): boolean {
  const accepted = events.filter(({ status }) => status === 'accepted').map((event) => event.position);
  return Array.from({ length: position }, (_, index) => index + 1).every((place) => accepted.includes(place));
}

function textFile(content: string): Blob {
  return new Blob([content], { type: 'text/plain' });
}

/** What was shown, for people. */
export function shownText({ story, proofs }: Shown): string {
  const proven = proofs.map(
    ({ entry, index, size, signedBy }) =>
      `${entry.type} ${entry.eventId}: leaf ${index} of ${size}, signed by ${signedBy.join(', ')}`,
  );
  return [storyText(story), '', 'in the log, verified here:', ...proven.map((line) => `  ${line}`)].join(
    '\n',
  );
}
