/** How full the batches are that a node's streams are handed, from its own metrics. */
import type { Service } from '../../../apps/cli/src/network/network-file.ts';

export interface BatchCount {
  readonly batches: number;
  readonly records: number;
}

const SERIES = /^stream_batch_records_(sum|count)\{([^}]*)\} (\S+)$/gmu;

/** Since the node's start, by stream. */
export async function batchesOf({ url, token }: Service): Promise<ReadonlyMap<string, BatchCount>> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${url}/metrics answered ${response.status}`);
  const counts = new Map<string, BatchCount>();
  for (const [, what, labels = '', value] of (await response.text()).matchAll(SERIES)) {
    const stream = /stream="([^"]*)"/u.exec(labels)?.[1] ?? '';
    const { batches, records } = counts.get(stream) ?? { batches: 0, records: 0 };
    counts.set(
      stream,
      what === 'count' ? { records, batches: Number(value) } : { records: Number(value), batches },
    );
  }
  return counts;
}

/** Records a batch between two counts, by stream; those that had none are left out. */
export function fullness(
  before: ReadonlyMap<string, BatchCount>,
  after: ReadonlyMap<string, BatchCount>,
): ReadonlyMap<string, number> {
  return new Map(
    [...after].flatMap(([stream, { batches, records }]): [string, number][] => {
      const base = before.get(stream) ?? { batches: 0, records: 0 };
      const counted = batches - base.batches;
      return counted === 0 ? [] : [[stream, (records - base.records) / counted]];
    }),
  );
}
