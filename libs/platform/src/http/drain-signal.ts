import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Tells whoever keeps an answer open (server-sent events) that the server is about to stop. */
export class DrainSignal {
  readonly #controller = new AbortController();

  /** Aborted when the server begins to stop: end open streams, take no new work. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    this.#controller.abort();
  }
}

/** While the server stops, each connection ends with the answer that is under way on it. */
export function closeWhileDraining({ signal }: DrainSignal): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (signal.aborted) response.set('Connection', 'close');
    response.once('finish', () => {
      if (signal.aborted) request.socket.end();
    });
    next();
  };
}
