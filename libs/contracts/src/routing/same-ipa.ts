/** True if two IPA codes name the same body: they are stored as given and compared without case. */
export function sameIpa(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
