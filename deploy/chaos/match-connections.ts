/** Which stored result belongs to which connection that a target saw (reliability.md I3). Pure. */
import type { StoredRun } from '../e2e/testing/stored-facts.ts';

export type Match = {
  /** Answered, and no connection was left for it. */
  readonly unreal: readonly StoredRun[];
  /** Connections that no result explains. */
  readonly unexplained: number;
  /** For each result whose connection came before its start, by the clock of its agent: how long before, ms. */
  readonly earlyByMs: readonly number[];
};

/** Targets and agents round, and stamp a moment late or early. */
const STAMPS_MS = 50;
/** A connection is made within this of the run's start: a deadline of 5 s on a machine that is short of time. */
const CONNECTED_WITHIN_MS = 7_000;

/**
 * For the runs of one check and the instants at which it was connected to. A run's start is as sure as its agent says
 * that its clock is, and no surer; leaves as few results without a connection as can be.
 */
export function matchConnections(runs: readonly StoredRun[], connectedAtMs: readonly number[]): Match {
  const spans = runs.map((run): Span => {
    const errorMs = STAMPS_MS + run.clockErrorUs / 1000;
    return { run, fromMs: run.startedAtMs - errorMs, untilMs: run.startedAtMs + CONNECTED_WITHIN_MS + errorMs };
  });
  // What surely reached the target chooses first; what never did needs no connection.
  const answered = assign(spans.filter(({ run }) => hasAnswer(run)), connectedAtMs.toSorted((a, b) => a - b));
  const others = assign(spans.filter(({ run }) => !hasAnswer(run)), answered.left);
  return { unreal: answered.without, unexplained: others.left.length, earlyByMs: answered.earlyByMs };
}

type Span = { readonly run: StoredRun; readonly fromMs: number; readonly untilMs: number };
type Assigned = { readonly without: readonly StoredRun[]; readonly left: readonly number[]; readonly earlyByMs: readonly number[] };

/** Each instant goes to the span that ends first of those it is in: no other way serves more of them. */
function assign(spans: readonly Span[], sortedMs: readonly number[]): Assigned {
  const waiting = new Set(spans.toSorted((a, b) => a.untilMs - b.untilMs));
  const earlyByMs: number[] = [];
  const left = sortedMs.filter((atMs) => {
    for (const span of waiting) {
      if (span.fromMs > atMs || span.untilMs < atMs) continue;
      waiting.delete(span);
      if (span.run.startedAtMs - atMs > STAMPS_MS) earlyByMs.push(span.run.startedAtMs - atMs);
      return false;
    }
    return true;
  });
  return { without: [...waiting].map(({ run }) => run), left, earlyByMs };
}

function hasAnswer({ outcome }: StoredRun): boolean {
  return outcome === 'passed' || outcome === 'degraded';
}
