/** Several campaigns as one: what fired how often, and what was wrong in all of them together. Pure. */
import { brokenRules, type CampaignReport } from './campaign-report.ts';
import type { Reconciliation } from './reconcile.ts';

export type SummedFault = { readonly id: string; readonly name: string; readonly fired: number; readonly failures: readonly string[]; /** Why it was not made, where it was made in no campaign. */ readonly notRun: string | null };

export type Summary = {
  readonly seeds: readonly number[];
  readonly seconds: number;
  readonly faults: readonly SummedFault[];
  readonly due: number;
  readonly results: number;
  readonly gaps: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly executionsWithoutResult: number;
  readonly begunEarly: Reconciliation['begunEarly'];
  /** By rule; all 0 when nothing was wrong. */
  readonly broken: Readonly<Record<string, number>>;
  readonly realOutages: { readonly campaigns: number; readonly toldOnce: number };
  /** Runs of agents that nothing had befallen: the worst 99th percentile of their lateness, ms. */
  readonly bystandersP99Ms: number;
  readonly isWell: boolean;
};

export function sumReports(reports: readonly CampaignReport[]): Summary {
  const total = (of: (report: CampaignReport) => number): number => reports.reduce((sum, report) => sum + of(report), 0);
  return {
    seeds: reports.map(({ seed }) => seed), seconds: total(({ seconds }) => seconds),
    faults: [...Map.groupBy(reports.flatMap(({ faults }) => faults), ({ id, name }) => `${id} ${name}`).values()].map((same): SummedFault => {
      const fired = same.reduce((sum, each) => sum + each.fired, 0);
      return { id: same[0]!.id, name: same[0]!.name, fired, failures: same.flatMap(({ failures }) => failures), notRun: fired > 0 ? null : same.find(({ notRun }) => notRun !== null)?.notRun ?? null };
    }).sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1))),
    due: total(({ reconciliation }) => reconciliation.due), results: total(({ reconciliation }) => reconciliation.results),
    gaps: addedUp(reports.map(({ reconciliation }) => reconciliation.gaps)), acknowledged: total(({ reconciliation }) => reconciliation.acknowledged),
    executionsWithoutResult: total(({ reconciliation }) => reconciliation.executionsWithoutResult),
    begunEarly: {
      results: total(({ reconciliation }) => reconciliation.begunEarly.results),
      worstMs: Math.max(0, ...reports.map(({ reconciliation }) => reconciliation.begunEarly.worstMs)),
    },
    broken: addedUp(reports.map(brokenRules)),
    realOutages: { campaigns: reports.length, toldOnce: reports.filter(({ alerts: { realOutage } }) => realOutage.failure === 1 && realOutage.recovery === 1).length },
    bystandersP99Ms: Math.max(0, ...reports.map(({ isolation }) => isolation.bystanders.p99Ms)),
    isWell: reports.length > 0 && reports.every((report) => report.isWell),
  };
}

function addedUp(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const each of counts) for (const [name, count] of Object.entries(each)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}
