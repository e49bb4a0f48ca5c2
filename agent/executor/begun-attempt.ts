/** An attempt of a scheduled run that has started; instants are coordinator time. */
export type BegunAttempt = {
  readonly checkId: string;
  readonly revision: number;
  readonly dueAtMs: number;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly startedAtMs: number;
  /** Of the run's first attempt. */
  readonly latenessUs: number;
};

/** Is told of every attempt of a scheduled run, at most as many at once as the executor may make. */
export type AttemptNotes = {
  /** What `end` is to be given. */
  begin(attempt: BegunAttempt): number;
  end(place: number): void;
};
