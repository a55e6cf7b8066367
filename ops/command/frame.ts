/** What every command is given beside its arguments. */
export interface Frame {
  /** Aborted, with the reason, when the command is told to end. */
  readonly signal: AbortSignal;
  /** Tell the operator how far it is. */
  readonly report: (line: string) => void;
}
