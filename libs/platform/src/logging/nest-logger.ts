import type { LoggerService } from '@nestjs/common';

import type { Logger } from './logger.ts';

type Level = 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal';

/** Lets Nest write its own lines (module loading, routes, failures) through the process's logger. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: Level) =>
    (message: unknown, ...parameters: unknown[]): void => {
      write(logger, level, message, parameters);
    };
  return {
    // Nest announces every module and route: detail, not news.
    log: at('debug'),
    error: at('error'),
    warn: at('warn'),
    debug: at('debug'),
    verbose: at('trace'),
    fatal: at('fatal'),
  };
}

/** Nest passes the context last, and for errors the stack before it. */
function write(logger: Logger, level: Level, message: unknown, parameters: readonly unknown[]): void {
  const context = parameters.at(-1);
  const stack = parameters.length > 1 ? parameters.at(-2) : undefined;
  const fields = {
    ...(typeof context === 'string' ? { context } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
  if (message instanceof Error) logger[level]({ ...fields, err: message }, message.message);
  else logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
}
