/** What a case of the corpus is, as its makers and `index.json` say it. */
import type { ErrorCode } from '#errors';

/** What a case is verified as: the function that a receiver of it would call. */
export type CaseKind = 'event' | 'decision' | 'receipt' | 'registry' | 'filing-receipt';

/** `text`, as often as it says (once if it does not). */
export interface Part {
  readonly text: string;
  readonly times?: number;
}

/** A case too large to store: the stored case `base` with the first `find` in it replaced by the parts; or the parts alone. */
export interface Recipe {
  readonly base?: string;
  readonly find?: string;
  readonly parts: readonly Part[];
}

export interface CaseEntry {
  /** Group and name; unique. */
  readonly name: string;
  /** One sentence: what was done. */
  readonly about: string;
  readonly kind: CaseKind;
  /** The code of the refusal; null for a case that must be accepted. */
  readonly code: ErrorCode | null;
  /**
   * What the `general` engine says, which knows no profile, no schema and no registry: true if the signature verifies. For
   * events only.
   */
  readonly general?: boolean;
  /** When it arrives, if not at the corpus' time. */
  readonly at?: string;
  /** Where the bytes are, or how to make them. */
  readonly file?: string;
  readonly recipe?: Recipe;
}

/** A case as it is made. Events unless said otherwise. */
export interface Made extends Omit<CaseEntry, 'kind' | 'file' | 'recipe'> {
  readonly kind?: CaseKind;
  readonly bytes: Buffer | Recipe;
}

/** An attack on an event: refused with `code`, by the general engine too unless `general` is true. */
export function attack(
  name: string,
  code: ErrorCode,
  about: string,
  bytes: Buffer | Recipe,
  general = false,
): Made {
  return { name, code, about, bytes, general };
}

/** The bytes with the first `from` replaced; throws if there is none, so that no attack tests nothing. */
export function replaced(bytes: Buffer, from: string | RegExp, to: string): Buffer {
  const text = bytes.toString();
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`nothing to replace: ${String(from)}`);
  return Buffer.from(changed);
}

/** The bytes that a recipe makes. */
export function cooked({ find = '', parts }: Recipe, base: Buffer | undefined): Buffer {
  const made = parts.map(({ text, times = 1 }) => Buffer.alloc(Buffer.byteLength(text) * times, text));
  if (base === undefined) return Buffer.concat(made);
  const start = base.indexOf(find);
  if (start < 0) throw new Error(`nothing to replace: ${find}`);
  return Buffer.concat([base.subarray(0, start), ...made, base.subarray(start + Buffer.byteLength(find))]);
}
