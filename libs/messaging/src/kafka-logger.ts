import kafkajs, { type logCreator } from 'kafkajs';

import type { Logger } from '#platform';

const { logLevel } = kafkajs;

/** What kafkajs reports as an error and mends itself, again and again while a broker is away. */
const PASSING =
  /^(Connection error|Connection timeout|Response (?!without)|Failed to connect|Restarting the consumer)/;
/** What it warns of and is meant so: see MessageProducer, which never reuses a producer that has given up. */
const INTENDED = 'Limiting retries for the idempotent producer';
/** Known from our own lines, or too long for them. */
const LEFT_OUT: ReadonlySet<string> = new Set(['message', 'timestamp', 'logger', 'stack']);

/** Lets kafkajs write through the process's logger, one level lower than it thinks: its errors are retried. */
export function kafkaLogger(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message } = log;
      const fields = Object.entries(log).filter(([name]) => !LEFT_OUT.has(name));
      const line: Record<string, unknown> = { kafka: namespace, ...Object.fromEntries(fields) };
      if (message.startsWith(INTENDED)) return;
      if (level === logLevel.ERROR && !PASSING.test(message)) logger.warn(line, message);
      else if (level === logLevel.ERROR || level === logLevel.WARN) logger.info(line, message);
      else logger.debug(line, message);
    };
}
