import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

import type { HubError } from '#errors';

import type { Logger } from '../logging/logger.ts';

import { toProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { toHubError } from './to-hub-error.ts';

/** Unless the error's details name `retryAfterSeconds`. */
const RETRY_AFTER_SECONDS = 5;

/** Answers everything that is thrown as problem+json, and logs what the node itself did wrong. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const where = `${request.method} ${request.path}`;
    const error = toHubError(thrown, where);
    this.#log(error, where, requestIdOf(response), response.destroyed);
    if (response.destroyed) return;
    if (response.headersSent) {
      // Part of an answer is on its way and cannot be taken back: cutting it off is the only honest sign.
      response.destroy();
      return;
    }
    answerProblem(request, response, error);
  }

  #log(error: HubError, request: string, requestId: string, gone: boolean): void {
    const fields = { request, requestId, code: error.code };
    if (gone) this.logger.debug({ ...fields, err: error }, 'the client went away before its answer');
    else if (error.policy.http >= 500) this.logger.error({ ...fields, err: error }, 'a request failed');
    else this.logger.debug({ ...fields, detail: error.message }, 'a request was refused');
  }
}

/** Writes the error as problem+json, in Italian unless the caller prefers English. */
export function answerProblem(request: Request, response: Response, error: HubError): void {
  const language = request.acceptsLanguages('it', 'en') === 'en' ? 'en' : 'it';
  const { http: status } = error.policy;
  if (status === 503 || status === 429) {
    const { retryAfterSeconds } = error.details as { readonly retryAfterSeconds?: unknown };
    const seconds =
      typeof retryAfterSeconds === 'number' ? Math.ceil(retryAfterSeconds) : RETRY_AFTER_SECONDS;
    response.set('Retry-After', String(seconds));
  }
  response
    .status(status)
    .vary('Accept-Language')
    .set('Content-Language', language)
    .type('application/problem+json')
    .send(JSON.stringify(toProblem(error, language, requestIdOf(response))));
}
