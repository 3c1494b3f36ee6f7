import type { WriteStream } from 'node:tty';

const CELLS = 30;
/** A terminal is written to no more often than this; what is no terminal gets a line now and then. Milliseconds. */
const EVERY_MS = 200;
const LINE_EVERY_MS = 30_000;

type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/** A bar on standard error: standard output stays the answer's. */
export class ProgressBar {
  readonly #out: Output;
  readonly #what: string;
  readonly #now: () => number;
  /** Where and when this run began: what an earlier one has done says nothing of its speed. */
  #began: { readonly done: number; readonly at: number } | undefined;
  #shownAt = -Infinity;

  /** @param what is counted, in words */
  constructor(what: string, out: Output = process.stderr, now: () => number = () => performance.now()) {
    this.#what = what;
    this.#out = out;
    this.#now = now;
  }

  show(done: number, total: number): void {
    const at = this.#now();
    this.#began ??= { done, at };
    const isLine = this.#out.isTTY !== true;
    if (isLine && this.#shownAt === -Infinity) this.#shownAt = at;
    if (done < total ? at - this.#shownAt < (isLine ? LINE_EVERY_MS : EVERY_MS) : isLine) return;
    this.#shownAt = at;
    this.#out.write(isLine ? `${this.#text(done, total, at)}\n` : `\r\x1b[K${this.#text(done, total, at)}`);
  }

  /** Leaves the terminal's line to what comes next. */
  end(): void {
    if (this.#out.isTTY === true && this.#began !== undefined) this.#out.write('\r\x1b[K');
  }

  #text(done: number, total: number, at: number): string {
    const share = total === 0 ? 1 : done / total;
    const filled = Math.floor(share * CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(CELLS - filled);
    const began = this.#began ?? { done, at };
    const perSecond = at > began.at ? ((done - began.done) * 1000) / (at - began.at) : 0;
    const left = perSecond > 0 ? `, ${duration((total - done) / perSecond)}` : '';
    return `${bar} ${Math.floor(share * 100)} %  ${done} / ${total} ${this.#what}, ${Math.round(perSecond)}/s${left}`;
  }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}
