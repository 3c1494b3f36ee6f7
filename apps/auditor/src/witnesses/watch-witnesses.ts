/** What the log tells of its witnesses: metrics, and a health check. */
import { ageSeconds, sharedAnswer, type HealthRegistry, type Metrics, type ProbeResult } from '#platform';
import { Gauge } from 'prom-client';
import { showWitnesses, type WitnessesView } from './show-witnesses.ts';
import type { WitnessParts } from './witness-parts.ts';

/** A log that grows without being witnessed for so long says so, milliseconds. */
const LATE_MS = 60_000;

/** Metrics read from one look at the database for a scrape; with the database away they stay what they were. */
export function measureWitnesses(parts: WitnessParts, metrics: Metrics): void {
  const look = sharedAnswer(() => parts.work.read((tx) => showWitnesses(tx, parts)));
  const gauge = (name: string, help: string, value: (view: WitnessesView) => number): void => {
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        const view = await look().catch(() => undefined);
        if (view !== undefined) this.set(value(view));
      },
    });
  };
  gauge('log_witnesses', 'Members that have shown a witness key of their own.', witnessCount);
  gauge(
    'log_witnesses_silent',
    'Witnesses that do not cosign at present.',
    ({ witnesses }) => witnesses.filter(isSilent).length,
  );
  gauge(
    'log_newest_shown_cosignatures',
    'Cosignatures of the newest checkpoint that was shown to the witnesses.',
    ({ signedBy }) => signedBy.length,
  );
  gauge('log_witnessed_size', 'Size of the newest checkpoint that counts as witnessed.', ({ witnessed }) =>
    witnessed === null ? 0 : witnessed.size,
  );
  gauge(
    'log_unwitnessed_seconds',
    'For how long the log has been larger than what is witnessed; 0 if it is not.',
    ({ unwitnessedSince }) => ageSeconds(unwitnessedSince, parts.clock.now()),
  );
  gauge(
    'log_contradictions',
    'Checkpoints with this log’s signature that this database does not have: the log stands still.',
    ({ contradictions }) => contradictions.length,
  );
}

/** A log that is not witnessed degrades the auditor: everything goes on. One that contradicts itself is down, at every instance. */
export function watchWitnesses(health: HealthRegistry, parts: WitnessParts): void {
  health.register('witnesses', async () =>
    healthOf(await parts.work.read((tx) => showWitnesses(tx, parts)), parts.clock.now()),
  );
}

/** @internal */
export function healthOf(view: WitnessesView, now: Date): ProbeResult {
  const { contradictions, witnessed, required, members, unwitnessedSince, signedBy, shownSize } = view;
  const [contradiction] = contradictions;
  if (contradiction !== undefined) {
    const { code, witness, theirsSize } = contradiction;
    return { status: 'down', detail: `${code}: ${witness} has this log's checkpoint of ${theirsSize}` };
  }
  const count = witnessCount(view);
  if (count === 0) return { status: 'up', detail: `none of ${members} members is a witness` };
  const standing =
    witnessed === null
      ? 'nothing witnessed yet'
      : `${witnessed.size} witnessed ${Math.round(witnessed.ageSeconds)} s ago`;
  const silent = view.witnesses
    .filter(isSilent)
    .map(({ holder, code, silentSince }) => `${holder} silent since ${silentSince?.toISOString()} (${code})`);
  const signed = shownSize === null ? '' : `; ${signedBy.length} of ${count} signed ${shownSize}`;
  const detail = [`${standing}${signed}, ${required} needed`, ...silent].join('; ');
  const isLate = unwitnessedSince !== null && now.getTime() - unwitnessedSince.getTime() > LATE_MS;
  return { status: isLate ? 'degraded' : 'up', detail };
}

function witnessCount({ witnesses }: WitnessesView): number {
  return witnesses.filter(({ vkey }) => vkey !== null).length;
}

/** A node without a witness key is none: it is not silent. */
function isSilent({ vkey, silentSince }: WitnessesView['witnesses'][number]): boolean {
  return vkey !== null && silentSince !== null;
}
