import { pino, stdSerializers, type DestinationStream, type Logger as PinoLogger } from 'pino';

import { HubError } from '#errors';

import type { LogLevel } from '../config/fragments.ts';

export type Logger = PinoLogger;

/** Nest token of the process's {@link Logger}. */
export const LOGGER = Symbol('Logger');

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** Where the lines go; standard output unless given. */
  readonly destination?: DestinationStream;
}

/** Fields that never reach a log line, wherever a log call puts them (two levels deep). */
const REDACTED = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'passphrase',
  'privateKey',
  'salt',
];

/** The text of an access token anywhere in a line, e.g. inside an error's message. */
const TOKEN_TEXT = /\brh_[A-Za-z0-9_-]{20,}/g;

/**
 * A logger that writes one JSON object a line: `level`, `time` (ISO 8601), `name`, `msg` and the call's fields.
 * Tokens and secrets are masked. Pass errors as `err`.
 */
export function createLogger(name: string, options: LoggerOptions = {}): Logger {
  const settings = {
    name,
    level: options.level ?? 'info',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '***' },
    serializers: { err: serializeError },
    hooks: { streamWrite: (line: string) => line.replaceAll(TOKEN_TEXT, 'rh_***') },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** A hub error by its code and details, without its policy; any other error as pino writes it. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof HubError)) return error instanceof Error ? stdSerializers.err(error) : error;
  return {
    type: error.name,
    code: error.code,
    message: error.message,
    details: error.details,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}
