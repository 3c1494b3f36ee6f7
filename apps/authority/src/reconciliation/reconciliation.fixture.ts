/** Reconciliations, for specs: ordered at a node as a partner orders them, and watched to their end. */
import { randomUUID } from 'node:crypto';
import { until } from '../authority.fixture.ts';
import type { Partner } from '../partner.fixture.ts';
import type { ReconciliationDetail } from './find-reconciliations.ts';

export interface Wanted {
  readonly partner: string;
  readonly from?: string;
  readonly to?: string;
}

/** Orders a comparison, and gives what the node answers. */
export async function order(
  { node, token }: Partner,
  wanted: Wanted,
  key: string = randomUUID(),
): Promise<{ readonly status: number; readonly json: { readonly id?: string; readonly code?: string } }> {
  const response = await fetch(new URL('/v1/reconciliations/runs', node.http.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(wanted),
  });
  return { status: response.status, json: (await response.json()) as { id?: string; code?: string } };
}

/** Compares, and gives what came of it. */
export async function reconciled(partner: Partner, wanted: Wanted): Promise<ReconciliationDetail> {
  const { json } = await order(partner, wanted);
  if (json.id === undefined) throw new Error(`not ordered: ${JSON.stringify(json)}`);
  const path = `/v1/reconciliations/${json.id}`;
  return until(`reconciliation with ${wanted.partner}`, async () => {
    const found = await partner.get<ReconciliationDetail>(path);
    return found.endedAt === null ? undefined : found;
  });
}
