/** What a command has to say when it is done. */
export interface Answer {
  /** The one document of `--json`. */
  readonly json: unknown;
  /** The same for people. */
  readonly text: string;
  /** 1 when the answer itself is a no (not in the log, a node is down); 0 unless given. */
  readonly exitCode?: 0 | 1;
}
