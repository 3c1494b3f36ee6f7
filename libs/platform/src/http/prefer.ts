/** RFC 7240 §2: name, optional value (token or quoted), optional parameters, which say nothing here. */
const PREFERENCE =
  /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?(?:[^,"]|"(?:[^"\\]|\\.)*")*(?:,|$)/gy;
const SECONDS = /^[0-9]{1,9}$/;

/**
 * How many seconds a caller is ready to wait for an answer: preference `wait` (RFC 7240 §4.3).
 * @returns null if the header does not say so; what cannot be understood is no preference (§2)
 */
export function preferredWait(header: string | undefined): number | null {
  for (const [, name = '', value = ''] of (header ?? '').matchAll(PREFERENCE)) {
    // Of a preference given twice, the first counts.
    if (name.toLowerCase() !== 'wait') continue;
    const text = value.replaceAll('"', '');
    return SECONDS.test(text) ? Number(text) : null;
  }
  return null;
}
