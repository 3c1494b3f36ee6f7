import { applyDecorators, Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';

/** What Nest knows this transport by: a handler of another transport is not offered to it. */
export const HUB_TRANSPORT = Symbol('HubTransport');

/** Nest's own filter turns every error into "Internal server error"; the runner needs the error itself. */
@Catch()
class PassErrorOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks a controller's method as the handler of a stream:
 * `@StreamHandler('inbox') handle(records: readonly IncomingRecord[]): Promise<Outcome[]>`, one outcome per record, in
 * order. It must be idempotent: records come at least once. It never waits for something to become true; it answers
 * `retry`. An error it throws is handled as `IsolatingHandler` says.
 */
export function StreamHandler(stream: string): MethodDecorator {
  return applyDecorators(MessagePattern(stream, HUB_TRANSPORT), UseFilters(new PassErrorOn()));
}
