import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { DEFAULT_POOL, monthOf, projectedRuns, quotaStateOf, type Quota } from '../../usage/usage.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { DEFAULT_USAGE_SETTINGS, type UsageOfDay, type UsageStore } from '../usage-port.ts';
import { validated } from '../validate.ts';
import { isoOf } from '../wire/iso.ts';
import { rangeFields, rangeOf } from '../wire/range-query.ts';
import { ExternalUsageBody, QuotaBody, QuotaEntity, usageCounts, UsageSeriesEntity, UsageSummaryEntity } from '../wire/usage-entity.ts';

const UNIT_MS = { hour: 3_600_000, day: 86_400_000 } as const;
const PIECES_MAX = 1_000;
const QUERY = z.object(rangeFields);

/** What was run, what it costs, and how much is left. */
export function usageRoutes(app: ApiApp, { store, clock, usage: settings = DEFAULT_USAGE_SETTINGS }: ApiDeps): void {
  const { pricePer10000, currency, defaultQuota } = settings;
  const quotas = (accountId: string): Promise<readonly z.output<typeof QuotaEntity>[]> => quotasNow(store, accountId, defaultQuota, clock.nowMs());

  app.get('/v1/usage/summary', {
    config: { scope: 'account:read' },
    schema: { tags: ['account'], summary: 'Runs over a range, their price, and the quotas of this month', description: 'Without a range: this month. Metered from what was stored, up to two minutes behind.', querystring: QUERY, response: { 200: UsageSummaryEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const range = wholeUnits(rangeOf(request.query, clock.nowMs(), 'thisMonth'), 'hour');
    const counts = await store.readUsage(accountId, { ...range, unit: 'day' });
    const byType = Map.groupBy(counts, ({ checkType, pool, source }) => JSON.stringify([checkType, pool, source]));
    return reply.send({
      from: isoOf(range.fromMs), to: isoOf(range.toMs), pricePer10000, currency, total: usageCounts(counts, pricePer10000),
      byCheckType: [...byType.values()].map((ofType) => {
        const { checkType, pool, source } = ofType[0]!;
        return { checkType, pool, source, ...usageCounts(ofType, pricePer10000) };
      }),
      quotas: [...await quotas(accountId)],
    });
  });

  app.get('/v1/usage/series', {
    config: { scope: 'account:read' },
    schema: {
      tags: ['account'], summary: 'Runs by day or hour (UTC)', description: 'Without a range: this month. What other systems posted stands at the start of its day.',
      querystring: QUERY.extend({ granularity: z.enum(['hour', 'day']).default('day') }), response: { 200: UsageSeriesEntity },
    },
  }, async (request, reply) => {
    const { granularity } = request.query;
    const range = wholeUnits(rangeOf(request.query, clock.nowMs(), 'thisMonth'), granularity);
    const pieces = Math.ceil((range.toMs - range.fromMs) / UNIT_MS[granularity]);
    if (pieces > PIECES_MAX) throw invalidInput([problemAt('granularity', granularity, `at most ${PIECES_MAX} figures`, 'makes too many figures; choose a shorter range, or day')]);
    const byTime = Map.groupBy<number, UsageOfDay>(await store.readUsage(callerOf(request).accountId, { ...range, unit: granularity }), ({ atMs }) => atMs);
    return reply.send({
      from: isoOf(range.fromMs), to: isoOf(range.toMs), granularity, pricePer10000, currency,
      series: Array.from({ length: pieces }, (_, index) => range.fromMs + index * UNIT_MS[granularity])
        .map((atMs) => ({ from: isoOf(atMs), ...usageCounts(byTime.get(atMs) ?? [], pricePer10000) })),
    });
  });

  app.post('/v1/usage/external', {
    config: { scope: 'account:write' },
    schema: {
      tags: ['account'], summary: 'Post in runs that another system made', body: ExternalUsageBody, response: { 200: z.object({ quotas: z.array(QuotaEntity) }).meta({ id: 'ExternalUsageTaken' }) },
      description: 'They draw on the same quota. Sets the number of a source, check type, pool and day: posting it again changes nothing, a later number takes the place of the earlier one.',
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { source, entries } = validated(ExternalUsageBody, request.body);
    await store.putExternalUsage(accountId, entries.map((entry) => ({ ...entry, source })));
    await store.tellQuotas([accountId], defaultQuota, clock.nowMs());
    return reply.send({ quotas: [...await quotas(accountId)] });
  });

  app.put('/v1/usage/quota', {
    config: { scope: 'account:write' },
    schema: { tags: ['account'], summary: 'Set the quota of a month', body: QuotaBody, response: { 200: z.object({ quotas: z.array(QuotaEntity) }).meta({ id: 'UsageQuotas' }) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { pool, runsPerMonth, policy, warnAtPercent } = validated(QuotaBody, request.body);
    await store.setQuota(accountId, pool, runsPerMonth === null ? null : { runsPerMonth, policy, warnAtPercent });
    await store.tellQuotas([accountId], defaultQuota, clock.nowMs());
    return reply.send({ quotas: [...await quotas(accountId)] });
  });
}

/** How the quotas of an account stand; the installation's default is one for the pool that runs draw on. */
export async function quotasNow(store: Pick<UsageStore, 'readUsage' | 'readQuotas'>, accountId: string, defaultQuota: Quota | null, nowMs: number): Promise<readonly z.output<typeof QuotaEntity>[]> {
  const own = await store.readQuotas(accountId);
  const all = new Map(own);
  if (defaultQuota && !own.has(DEFAULT_POOL)) all.set(DEFAULT_POOL, defaultQuota);
  if (all.size === 0) return [];
  const month = monthOf(nowMs);
  const counts = await store.readUsage(accountId, { fromMs: month.fromMs, toMs: month.toMs, unit: 'day' });
  return [...all].map(([pool, quota]) => {
    const used = counts.reduce((sum, count) => sum + (count.pool === pool ? count.runs : 0), 0);
    return {
      pool, period: month.name, from: isoOf(month.fromMs), to: isoOf(month.toMs), ...quota, used, remaining: Math.max(0, quota.runsPerMonth - used),
      percent: Math.floor((used * 1_000) / quota.runsPerMonth) / 10, state: quotaStateOf(quota, used), isDefault: !own.has(pool), projectedRuns: projectedRuns(used, nowMs),
    };
  });
}

function wholeUnits({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, unit: keyof typeof UNIT_MS): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: Math.floor(fromMs / UNIT_MS[unit]) * UNIT_MS[unit], toMs };
}
