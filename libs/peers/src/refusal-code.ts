import { z } from 'zod';

const problem = z.object({ code: z.string().max(64) });

/** The code that a neighbour has refused with; null if what answered is no node of ours, or speaks another version. */
export function refusalCode(body: Buffer): string | null {
  try {
    return problem.parse(JSON.parse(body.toString())).code;
  } catch {
    return null;
  }
}
