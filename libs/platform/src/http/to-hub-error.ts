import { HttpException } from '@nestjs/common';

import { HubError, type ErrorCode } from '#errors';

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_MALFORMED',
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMED_OUT',
  413: 'BODY_TOO_LARGE',
  415: 'CONTENT_TYPE_UNSUPPORTED',
  429: 'TOO_MANY_REQUESTS',
  431: 'HEADERS_TOO_LARGE',
  503: 'SERVICE_UNAVAILABLE',
};

/**
 * Whatever was thrown while a request was handled, as one of the hub's errors. A hub error stays itself; what the
 * framework throws is known by its HTTP status; anything else is `INTERNAL_ERROR` with the original as its cause.
 *
 * @param request `METHOD /path`, without the query: it may hold what people searched for
 */
export function toHubError(thrown: unknown, request: string): HubError {
  if (thrown instanceof HubError) return thrown;
  if (!(thrown instanceof HttpException)) {
    return new HubError('INTERNAL_ERROR', `${request} failed`, { cause: thrown });
  }
  const status = thrown.getStatus();
  const fallback = status < 500 ? 'REQUEST_MALFORMED' : 'INTERNAL_ERROR';
  return new HubError(CODE_OF_STATUS[status] ?? fallback, request, { cause: thrown });
}
