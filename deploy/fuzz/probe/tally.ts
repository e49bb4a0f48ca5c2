import { OUTCOMES, type Outcome } from '#shared/run/result.ts';
import { STOP_REASONS, type StopReason } from '#shared/run/report.ts';
import type { Seen } from './world.ts';

/** How often a campaign saw what; what it never saw it did not test. */
export class Tally {
  readonly outcomes = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly stopReasons = new Map<StopReason, number>(STOP_REASONS.map((reason) => [reason, 0]));
  readonly codes = new Map<string, number>();
  replies = 0;
  bytes = 0;

  count({ judgement, report, network }: Pick<Seen, 'judgement' | 'report'> & { readonly network: { readonly deliveredBytes: number } }): void {
    this.replies += 1;
    this.bytes += network.deliveredBytes;
    bump(this.outcomes, judgement.outcome);
    bump(this.stopReasons, report.stopReason);
    if (judgement.failure !== null) bump(this.codes, judgement.failure.code);
  }

  /** Outcomes and stop reasons that did not come up at all. */
  get unseen(): readonly string[] {
    return [...this.outcomes, ...this.stopReasons].flatMap(([name, count]) => (count === 0 ? [name] : []));
  }
}

function bump<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
