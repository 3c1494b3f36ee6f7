import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { Histogram } from 'prom-client';

import type { Metrics } from '../metrics/metrics.ts';

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Times every answer, by method, route template (never the path: it holds ids) and status. */
export function requestMetrics(registry: Metrics): RequestHandler {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return (request: Request, response: Response, next: NextFunction) => {
    const stop = duration.startTimer();
    response.once('close', () => {
      const { path: template } = (request.route ?? {}) as { readonly path?: unknown };
      const route = typeof template === 'string' ? template : '(none)';
      // 499, as many proxies write it: the client went away before its answer.
      const status = response.writableFinished ? response.statusCode : 499;
      stop({ method: request.method, route, status });
    });
    next();
  };
}
