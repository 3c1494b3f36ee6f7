import { HubError } from '#errors';
import type { RestClient } from '../rest/rest-client.ts';
import {
  practiceDetail,
  practicePage,
  type PracticeDetail,
  type PracticeSummary,
} from './practice-shapes.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The practice that a node has under this CUI or practice id, in full; undefined when it has none. */
export async function lookUpPractice(node: RestClient, name: string): Promise<PracticeDetail | undefined> {
  if (UUID.test(name)) return await detailOf(node, { practiceId: name });
  const { practices } = await node.get('/v1/practices', practicePage, { cui: name });
  const [found] = practices;
  return found === undefined ? undefined : await detailOf(node, found);
}

/** The same. @throws HubError `PRACTICE_NOT_FOUND` */
export async function findPractice(node: RestClient, name: string): Promise<PracticeDetail> {
  const found = await lookUpPractice(node, name);
  if (found !== undefined) return found;
  throw new HubError('PRACTICE_NOT_FOUND', `the node has no practice ${name}`);
}

async function detailOf(
  node: RestClient,
  { practiceId, owner }: Pick<PracticeSummary, 'practiceId'> & { readonly owner?: string },
): Promise<PracticeDetail | undefined> {
  try {
    return await node.get(`/v1/practices/${practiceId}`, practiceDetail, { owner });
  } catch (error) {
    if (error instanceof HubError && error.code === 'PRACTICE_NOT_FOUND') return undefined;
    throw error;
  }
}
