import { HubError } from '#errors';

/** SQLSTATE of a transaction that may succeed when run again: serialization_failure, deadlock_detected. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);

/** SQLSTATE lock_not_available: somebody else had it for longer than this transaction would wait. */
const LOCKED = '55P03';

/** SQLSTATE classes and codes, and error codes of the socket, that say "the server is not there (any more)". */
const AWAY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);

/** What pg and TypeORM say, without a code, when a connection ends under a query or the pool has none to give. */
const AWAY_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Cannot use a pool after|Driver not Connected|Query runner already released)/;

/** True if running the same transaction again may succeed (SQLSTATE 40001, 40P01). */
export function isConflict(error: unknown): boolean {
  return chain(error).some((link) => CONFLICTS.has(codeOf(link)));
}

/** True if the error says that the database is away or its connection is gone. */
export function isDatabaseAway(error: unknown): boolean {
  return chain(error).some(
    (link) =>
      AWAY.has(codeOf(link)) ||
      codeOf(link).startsWith('08') ||
      (link instanceof Error && AWAY_MESSAGE.test(link.message)),
  );
}

/**
 * The error to throw for what TypeORM or pg threw: HubErrors as they are, HubError `DATABASE_UNAVAILABLE` if the
 * database is away, `TRANSACTION_CONFLICT` if a lock was not to be had in time, anything else (a broken constraint, a mistake in SQL) unchanged.
 */
export function databaseError(error: unknown): Error {
  if (error instanceof HubError) return error;
  if (isDatabaseAway(error)) {
    return new HubError('DATABASE_UNAVAILABLE', `the database is away: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (chain(error).some((link) => codeOf(link) === LOCKED)) {
    return new HubError('TRANSACTION_CONFLICT', 'a lock was not to be had in time', { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

function messageOf(error: unknown): string {
  // An AggregateError of a refused connection has an empty message of its own.
  const first = chain(error).find((link) => link instanceof Error && link.message !== '');
  return first instanceof Error ? first.message : String(error);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The error, its causes, the driver's error inside TypeORM's and the members of an AggregateError. */
function chain(error: unknown, depth = 0): unknown[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const inner: unknown[] = [];
  if ('cause' in error) inner.push(error.cause);
  if ('driverError' in error) inner.push(error.driverError);
  if (error instanceof AggregateError) inner.push(...(error.errors as unknown[]));
  return [error, ...inner.flatMap((link) => chain(link, depth + 1))];
}
