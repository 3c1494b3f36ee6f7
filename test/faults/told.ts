import { inspect } from 'node:util';

/** An error in one line, with what caused it. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  return error.cause === undefined ? error.message : `${error.message} (${told(error.cause)})`;
}
