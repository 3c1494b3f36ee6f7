/** Something that is done at once after a silence, and then at most once in a while. */
export interface Paced {
  /** Does it now or, if it was done a moment ago, once the pause is over: however often it is asked for, once. */
  readonly call: () => void;
  /** Nothing more is done, also not what was asked for. */
  readonly stop: () => void;
}

/** @param pauseMs between two times, milliseconds; a process that has nothing else to do does not wait for it */
export function paced(action: () => void, pauseMs: number): Paced {
  let pause: NodeJS.Timeout | undefined;
  let isAsked = false;
  const act = (): void => {
    isAsked = false;
    action();
    pause = setTimeout(() => {
      pause = undefined;
      if (isAsked) act();
    }, pauseMs).unref();
  };
  return {
    call: () => {
      if (pause === undefined) act();
      else isAsked = true;
    },
    stop: () => {
      clearTimeout(pause);
      isAsked = false;
    },
  };
}
