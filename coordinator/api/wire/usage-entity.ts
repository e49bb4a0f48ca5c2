import { z } from 'zod';
import { costOf, DEFAULT_POOL, QUOTA_POLICIES, WARN_AT_PERCENT, type UsageCount } from '../../usage/usage.ts';

/** Measures named as in Checkly's usage API where it has them. */
const COUNTS = {
  totalRuns: z.int().meta({ description: 'everything metered' }),
  scheduledRuns: z.int().meta({ description: 'first attempts of scheduled runs; each location counts' }),
  retryRuns: z.int().meta({ description: 'further attempts, of whatever run' }),
  manualRuns: z.int(), deployRuns: z.int().meta({ description: 'runs when a check was created or changed' }),
  externalRuns: z.int().meta({ description: 'posted in by other systems' }),
  degradedRuns: z.int(), failedRuns: z.int(), overMaxResponseTimeRuns: z.int(),
  cost: z.number().meta({ description: 'totalRuns at pricePer10000' }),
};

const pool = z.string().min(1).max(64).regex(/^[a-z0-9_-]+$/, 'must be of a-z, 0-9, _ and -').default(DEFAULT_POOL);
const warnAtPercent = z.int().min(1).max(100);

export const UsageCounts = z.object(COUNTS).meta({ id: 'UsageCounts' });
export const QuotaEntity = z.object({
  pool: z.string(), period: z.string().meta({ description: 'calendar month (UTC), as 2026-11' }), from: z.iso.datetime(), to: z.iso.datetime(),
  runsPerMonth: z.int(), used: z.int(), remaining: z.int(), percent: z.number(),
  state: z.enum(['ok', 'warning', 'exceeded']), policy: z.enum(QUOTA_POLICIES), warnAtPercent,
  isDefault: z.boolean().meta({ description: 'the installation\'s, not set for this account' }),
  projectedRuns: z.int().nullable().meta({ description: 'what the month comes to if it goes on as so far' }),
}).meta({ id: 'UsageQuota' });
export const UsageSummaryEntity = z.object({
  from: z.iso.datetime(), to: z.iso.datetime(), pricePer10000: z.number(), currency: z.string(), total: UsageCounts,
  byCheckType: z.array(z.object({
    checkType: z.string(), pool: z.string(), source: z.string().nullable().meta({ description: 'null: this installation; else who posted it' }), ...COUNTS,
  })),
  quotas: z.array(QuotaEntity).meta({ description: 'of this month, whatever range was asked for; empty without a quota' }),
}).meta({ id: 'UsageSummary' });
export const UsageSeriesEntity = z.object({
  from: z.iso.datetime(), to: z.iso.datetime(), granularity: z.enum(['hour', 'day']), pricePer10000: z.number(), currency: z.string(),
  series: z.array(z.object({ from: z.iso.datetime(), ...COUNTS })).meta({ description: 'oldest first, without holes' }),
}).meta({ id: 'UsageSeries' });

const ENTRIES_MAX = 1_000;
const RUNS_MAX = 1e12;
const day = z.iso.date('must be a day like 2026-11-22').meta({ description: 'UTC' });
export const ExternalUsageBody = z.object({
  source: z.string().min(1).max(64).meta({ description: 'who counted: the same name each time' }),
  entries: z.array(z.object({ date: day, checkType: z.string().min(1).max(32), pool, runs: z.int().min(0).max(RUNS_MAX) })).min(1).max(ENTRIES_MAX),
}).meta({ id: 'ExternalUsage' });
export const QuotaBody = z.object({
  pool, runsPerMonth: z.int().min(1).max(RUNS_MAX).nullable().meta({ description: 'null: the installation\'s default' }),
  policy: z.enum(QUOTA_POLICIES).default('continue').meta({ description: 'refuse_new: at the quota new checks and manual runs are refused. What runs is never stopped' }),
  warnAtPercent: warnAtPercent.default(WARN_AT_PERCENT),
}).meta({ id: 'UsageQuotaWrite' });

export function usageCounts(counts: readonly UsageCount[], pricePer10000: number): z.output<typeof UsageCounts> {
  const sum = (of: (count: UsageCount) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const ofKind = (kind: UsageCount['kind']): number => sum((count) => (count.kind === kind ? count.runs : 0));
  const totalRuns = sum(({ runs }) => runs);
  return {
    totalRuns, scheduledRuns: ofKind('scheduled'), retryRuns: ofKind('retry'), manualRuns: ofKind('manual'), deployRuns: ofKind('deploy'), externalRuns: ofKind('external'),
    degradedRuns: sum(({ degraded }) => degraded), failedRuns: sum(({ failed }) => failed), overMaxResponseTimeRuns: sum(({ overMax }) => overMax),
    cost: costOf(totalRuns, pricePer10000),
  };
}
