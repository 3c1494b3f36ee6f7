/** Range and conditions of a request for a document, RFC 9110 §13 and §14. */

/** What a request's headers ask for, once compared with the document. */
export type Selection =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; /** Included. */ readonly end: number }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'precondition-failed' };

interface Conditions {
  readonly method: string;
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifRange: string | undefined;
}

/**
 * Evaluates the conditions in the order of RFC 9110 §13.2.2. There is no Last-Modified, so conditions on dates do not
 * hold or are ignored, as §13.1 says.
 */
export function select(conditions: Conditions, tag: string, size: number): Selection {
  const { method, range, ifMatch, ifNoneMatch, ifRange } = conditions;
  if (ifMatch !== undefined && !lists(ifMatch, tag, 'strong')) return { kind: 'precondition-failed' };
  if (ifNoneMatch !== undefined && lists(ifNoneMatch, tag, 'weak')) return { kind: 'not-modified' };
  // §14.2: only GET has ranges. §13.1.5: a validator that does not match means the whole.
  if (range === undefined || method !== 'GET') return { kind: 'whole' };
  if (ifRange !== undefined && ifRange.trim() !== tag) return { kind: 'whole' };
  return selectRange(range, size);
}

/**
 * One range, `bytes=a-b`, `bytes=a-` or `bytes=-n`. Several ranges, other units and malformed values are ignored and
 * answered with the whole, as §14.2 allows: nobody needs multipart/byteranges of a document, and resuming never sends
 * such a request.
 */
function selectRange(range: string, size: number): Selection {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(range.trim());
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (match === null || (first === '' && last === '')) return { kind: 'whole' };
  if (first === '') return selectSuffix(Number(last), size);
  if (last !== '' && Number(last) < Number(first)) return { kind: 'whole' };
  if (Number(first) >= size) return { kind: 'unsatisfiable' };
  return {
    kind: 'part',
    start: Number(first),
    end: last === '' ? size - 1 : Math.min(Number(last), size - 1),
  };
}

/** §14.1.2: a suffix longer than the document is all of it; of no bytes, it cannot be satisfied. */
function selectSuffix(length: number, size: number): Selection {
  if (length === 0) return { kind: 'unsatisfiable' };
  if (size === 0) return { kind: 'whole' };
  return { kind: 'part', start: Math.max(0, size - length), end: size - 1 };
}

/** Whether a list of entity tags holds ours. Ours is strong, so a weak one matches only in a weak comparison. */
function lists(header: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((each) => each === tag || (comparison === 'weak' && each === `W/${tag}`));
}
