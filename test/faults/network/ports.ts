import { portLike } from '#embedded';

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): while a process is
 * down, some other connection must not get the port that it comes back to.
 */
const FROM = 10_000;
const TO = 32_000;

const taken = new Set<number>();

/** A free port of the loopback address that stays free while whoever has it is killed and started again. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const wanted = FROM + Math.floor(Math.random() * (TO - FROM));
    if (taken.has(wanted) || (await portLike(wanted)) !== wanted) continue;
    taken.add(wanted);
    return wanted;
  }
}
