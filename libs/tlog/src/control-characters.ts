/** True if the text holds an ASCII control character below U+0020 that is not one of `allowed`. */
export function hasControlCharacter(text: string, allowed = ''): boolean {
  for (const char of text) {
    if (char < ' ' && !allowed.includes(char)) return true;
  }
  return false;
}
