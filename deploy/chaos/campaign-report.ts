/** What a campaign comes to. */
import type { Isolation } from './bystanders.ts';
import { violationsIn, type Reconciliation } from './reconcile.ts';
import type { ProcessUse } from './use-watch.ts';

/** `notRun`: why; null: it was. `proofs`: what showed that it fired, once a time. */
export type FaultReport = { readonly id: string; readonly name: string; readonly fired: number; readonly proofs: readonly string[]; readonly notRun: string | null; readonly failures: readonly string[] };

export type AlertReport = {
  /** Notices "failing", "degraded" and "recovered" of checks whose target was up all the time: must be none (I6). */
  readonly false: readonly string[];
  /** The same delivery more than once is harmless, and counted; two different ones for one transition are not. */
  readonly repeatedDeliveries: number;
  /** One check's target was really closed, and opened again: one notice of each (I4, I5). */
  readonly realOutage: { readonly failure: number; readonly recovery: number };
  /** "No data", a location that is down, and whatever else stands apart from up and down. */
  readonly others: Readonly<Record<string, number>>;
};

export type CampaignReport = {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly FaultReport[];
  readonly reconciliation: Reconciliation;
  /** Rows that a coordinator refused for good. */
  readonly refusals: number;
  /** Undelivered results of all agents, when everything had been well again for some seconds (I9). */
  readonly backlog: number;
  /** How long until then. */
  readonly drainedMs: number;
  readonly alerts: AlertReport;
  /** Checks that do not stand as their stored history says, whatever came when (I7). */
  readonly judgedOtherwise: readonly string[];
  /** Where the product's own audit comes to something else than the lab (I1). */
  readonly auditedOtherwise: readonly string[];
  readonly uses: readonly ProcessUse[];
  /** What took more than it may (I8). */
  readonly outOfBounds: readonly string[];
  readonly isolation: Isolation;
  readonly isWell: boolean;
};

/** How often each rule was broken; the words of reliability.md. */
export function brokenRules({ reconciliation, backlog, alerts, judgedOtherwise, auditedOtherwise, outOfBounds, isolation, faults }: Omit<CampaignReport, 'isWell'>): Readonly<Record<string, number>> {
  const { unaccounted, twice, unowed, lost, unreal, falselyDown } = reconciliation.violations;
  return {
    'I1 slots unaccounted': unaccounted.length, 'I1 stored twice': twice.length, 'I1 never owed': unowed.length, 'I1 audited otherwise by the product': auditedOtherwise.length,
    'I2 acknowledged results lost': lost.length, 'I3 results without a connection': unreal.length,
    'I4, I5 a real outage not told exactly once': alerts.realOutage.failure === 1 && alerts.realOutage.recovery === 1 ? 0 : 1,
    'I6 verdicts against a target that was up': falselyDown.length, 'I6 alerts about a target that was up': alerts.false.length,
    'I7 judged otherwise than by history': judgedOtherwise.length, 'I8 out of bounds': outOfBounds.length,
    'I9 results still undelivered': Math.abs(backlog), 'I10 bystanders late': isolation.violations.length,
    'faults that failed': faults.reduce((sum, { failures }) => sum + failures.length, 0),
    'faults that never fired': faults.filter(({ fired, notRun, failures }) => fired === 0 && notRun === null && failures.length === 0).length,
  };
}

export function isWell(report: Omit<CampaignReport, 'isWell'>): boolean {
  return violationsIn(report.reconciliation) === 0 && Object.values(brokenRules(report)).every((count) => count === 0);
}
