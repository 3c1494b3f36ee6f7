import { HubError, type ErrorCode } from '#errors';

/** The broker's error types (protocol, "Error codes") that have a code of ours. */
const CODE_OF_TYPE: Readonly<Record<string, ErrorCode>> = {
  TOPIC_AUTHORIZATION_FAILED: 'BROKER_REFUSED',
  GROUP_AUTHORIZATION_FAILED: 'BROKER_REFUSED',
  CLUSTER_AUTHORIZATION_FAILED: 'BROKER_REFUSED',
  UNKNOWN_TOPIC_OR_PARTITION: 'TOPIC_UNKNOWN',
  INVALID_TOPIC_EXCEPTION: 'TOPIC_UNKNOWN',
  MESSAGE_TOO_LARGE: 'RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'RECORD_TOO_LARGE',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
};

/**
 * The hub's error for what the Kafka client threw while `doing` something: `BROKER_REFUSED`, `TOPIC_UNKNOWN`,
 * `RECORD_TOO_LARGE`, `OFFSET_OUT_OF_RANGE`, or `BROKER_UNAVAILABLE` for everything that a later try may mend.
 */
export function kafkaError(cause: unknown, doing: string): HubError {
  const links = chain(cause);
  const known = links.find((link) => link instanceof HubError);
  if (known !== undefined) return known;
  const code = links.map(codeOf).find((found) => found !== undefined) ?? 'BROKER_UNAVAILABLE';
  const message = cause instanceof Error ? cause.message : String(cause);
  return new HubError(code, `${doing}: ${message}`, { cause });
}

function codeOf(error: object): ErrorCode | undefined {
  if (!('type' in error) || typeof error.type !== 'string') return undefined;
  return Object.hasOwn(CODE_OF_TYPE, error.type) ? CODE_OF_TYPE[error.type] : undefined;
}

function chain(error: unknown, depth = 0): object[] {
  if (typeof error !== 'object' || error === null || depth > 8) return [];
  return [error, ...('cause' in error ? chain(error.cause, depth + 1) : [])];
}
