import { z } from 'zod';

import type { HubError, Language } from '#errors';

/** The body of every error answer (RFC 9457), media type `application/problem+json`. */
export const problemDocument = z.object({
  type: z.string().describe('urn:reset-hub:error:<code>'),
  title: z.string().describe("The code's sentence, in the language of the request"),
  status: z.int(),
  code: z.string().describe('Stable: programs decide by it'),
  detail: z.string().describe('What was wrong this time'),
  remedy: z.string().describe('What the caller can do, in the language of the request'),
  instance: z.string().describe("This occurrence: the same id is in the node's log and in X-Request-Id"),
  details: z.record(z.string(), z.unknown()).optional().describe('Fields, lines, limits: for programs'),
});

export type ProblemDocument = z.output<typeof problemDocument>;

/** @param requestId UUID of the request; becomes the problem's `instance` */
export function toProblem(error: HubError, language: Language, requestId: string): ProblemDocument {
  const { code, policy, message, details } = error;
  return {
    type: `urn:reset-hub:error:${code}`,
    title: policy[language],
    status: policy.http,
    code,
    // What an unknown fault says may come from anywhere: it is for the log, never for the answer.
    detail: code === 'INTERNAL_ERROR' ? policy[language] : message,
    remedy: policy.remedy[language],
    instance: `urn:uuid:${requestId}`,
    ...(code === 'INTERNAL_ERROR' || Object.keys(details).length === 0 ? {} : { details }),
  };
}
