/** Patterns of XML Schema (XSD 1.0 part 2, appendix F) as regular expressions of JavaScript, as far as both mean the same. */

const LITERAL = String.raw`[A-Za-z0-9 !"#%&',/:;<=>@_~-]|\\[.-]`;
/** A `^` in front would negate it. */
const CLASS = String.raw`\[(?!\^)(?:[A-Za-z0-9 !-,./:;<=>?@^_~-]|\\[.-])+\]`;
const QUANTIFIER = String.raw`[?*+]|\{[0-9]+(?:,[0-9]+)?\}`;
const KNOWN = new RegExp(`^(?:${CLASS}|${LITERAL}|${QUANTIFIER}|[()|])*$`);

/**
 * @returns a test of a whole ASCII text; undefined for a pattern with anything but literals, classes of characters, groups,
 *   alternatives and quantifiers: `^`, `$`, `.` and most escapes mean something else in JavaScript, or nothing
 */
export function expressionOf(pattern: string): RegExp | undefined {
  return KNOWN.test(pattern) ? new RegExp(`^(?:${pattern})$`) : undefined;
}
