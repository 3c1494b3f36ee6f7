import { HubError } from '#errors';

export function refused(message: string): HubError {
  return new HubError('REGISTRY_ENTRY_REFUSED', message);
}

/** What `check` gives, or `REGISTRY_ENTRY_REFUSED` with what was wrong. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    const why = cause instanceof HubError ? `${cause.code}: ${cause.message}` : 'it cannot be read';
    throw new HubError('REGISTRY_ENTRY_REFUSED', `not signed by this registry: ${why}`, { cause });
  }
}
