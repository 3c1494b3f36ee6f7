/** For how long something has been, in seconds; 0 where there is nothing, and for what a clock dates later than now. */
export function ageSeconds(since: Date | null, now: Date): number {
  return since === null ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1000);
}
