const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id that a record's header `ce_id` claims, for people who search; nothing is decided by it. */
export function claimedId(header: Buffer | undefined): string | null {
  const id = header?.toString() ?? '';
  return UUID.test(id) ? id : null;
}
