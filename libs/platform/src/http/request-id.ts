import type { NextFunction, Request, RequestHandler, Response } from 'express';

import type { IdSource } from '../ids.ts';

/** Names every request with a UUIDv7: in `X-Request-Id`, in the log and in a problem's `instance`. */
export function requestId(ids: IdSource): RequestHandler {
  return (_request: Request, response: Response, next: NextFunction) => {
    response.set('X-Request-Id', ids.uuidv7());
    next();
  };
}

/** The id that {@link requestId} gave to the request of this response. */
export function requestIdOf(response: Response): string {
  return response.get('X-Request-Id') ?? '00000000-0000-0000-0000-000000000000';
}
