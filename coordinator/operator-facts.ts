import type { Clock, Timer } from '#shared/time/clock.ts';

/** What an installation is like, read from Postgres: the same whichever coordinator is asked. */
export type OperatorFacts = {
  readonly agentsAlive: number;
  /** Of public locations, by code; 0 where none is alive. */
  readonly agentsByLocation: ReadonlyMap<string, number>;
  readonly agentsUnapproved: number;
  readonly checks: number;
  readonly judgeMarks: number;
  readonly rollupMarks: number;
  readonly rollupAgeSeconds: number;
  readonly deliveriesPending: number;
  readonly deliveryAgeSeconds: number;
  readonly closedThroughSeconds: number;
  readonly databaseBytes: number;
  readonly connections: number;
  readonly partitions: ReadonlyMap<string, number>;
  readonly partitionsAheadSeconds: number;
};

/** Whoever scrapes often asks Postgres no oftener than this, also while it is away. */
const KEPT_MS = 10_000;
/** A scrape is answered without it rather than late: Prometheus waits 10 s. */
const WITHIN_MS = 3_000;

/** Reads once for all metrics of a scrape, and for scrapes that follow soon; null while Postgres does not answer. */
export function keptFacts(read: () => Promise<OperatorFacts>, clock: Clock): () => Promise<OperatorFacts | null> {
  let kept: Promise<OperatorFacts | null> = Promise.resolve(null);
  let keptUntilUs = -Infinity;
  return () => {
    const nowUs = clock.monotonicUs();
    if (nowUs >= keptUntilUs) {
      keptUntilUs = nowUs + KEPT_MS * 1_000;
      kept = inTime(read(), clock).catch(() => null);
    }
    return kept;
  };
}

function inTime<T>(answer: Promise<T>, clock: Clock): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer: Timer = clock.setTimer(WITHIN_MS, () => resolve(null));
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}
