import { describe, expect, it } from 'vitest';
import { ProgressBar } from './progress-bar.ts';

/** A terminal, or what is none, that keeps what is written to it; its clock is moved by hand. */
function aBar(isTTY: boolean) {
  const written: string[] = [];
  const clock = { now: 0 };
  const out = { isTTY, write: (text: string) => written.push(text) > 0 };
  return { bar: new ProgressBar('leaves', out, () => clock.now), written, clock };
}

describe('a progress bar', () => {
  it('fills one line of a terminal with share, speed and the time left, and leaves the line empty', () => {
    const { bar, written, clock } = aBar(true);
    bar.show(0, 1_000);
    clock.now = 1_000;
    bar.show(500, 1_000);
    bar.end();
    const line = `${'█'.repeat(15)}${'░'.repeat(15)} 50 %  500 / 1000 leaves, 500/s, 1 s`;
    expect(written.slice(1)).toEqual([`\r\x1b[K${line}`, '\r\x1b[K']);
  });

  it('takes what an interrupted run has done for done, and not for speed', () => {
    const { bar, written, clock } = aBar(true);
    bar.show(900_000, 1_000_000);
    clock.now = 10_000;
    bar.show(910_000, 1_000_000);
    expect(written.at(-1)).toContain('91 %  910000 / 1000000 leaves, 1000/s, 2 min');
  });

  it('writes a terminal no faster than anyone reads, and its end always', () => {
    const { bar, written, clock } = aBar(true);
    for (clock.now = 0; clock.now < 1_000; clock.now += 1) bar.show(clock.now, 1_000);
    expect(written).toHaveLength(5);
    bar.show(1_000, 1_000);
    expect(written.at(-1)).toContain('100 %');
  });

  it('is a line now and then where nobody watches: in a file, or of a scheduled run', () => {
    const { bar, written, clock } = aBar(false);
    for (clock.now = 0; clock.now <= 65_000; clock.now += 100) bar.show(clock.now, 100_000);
    bar.end();
    expect(written.map((line) => [line.endsWith('s\n'), line.includes('\r')])).toEqual([
      [true, false],
      [true, false],
    ]);
  });
});
