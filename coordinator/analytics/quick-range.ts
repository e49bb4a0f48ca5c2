import { DAY_MS, HOUR_MS } from './reading-plan.ts';

/** Names of ranges that end now; those of Checkly's API and the lengths that dashboards offer. */
export const QUICK_RANGES = [
  'last30Minutes', 'lastHour', 'last3Hours', 'last6Hours', 'last12Hours', 'last24Hours', 'last7Days', 'last30Days', 'last90Days',
  'thisWeek', 'lastWeek', 'thisMonth', 'lastMonth', '1h', '3h', '6h', '12h', '24h', '7d', '14d', '30d', '90d', '365d',
] as const;
export type QuickRange = (typeof QUICK_RANGES)[number];

export type Range = { readonly fromMs: number; readonly toMs: number };

/** Weeks begin on Monday; weeks and months are of UTC. */
export function quickRange(name: QuickRange, nowMs: number): Range {
  const now = new Date(nowMs);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const mondayMs = todayMs - ((now.getUTCDay() + 6) % 7) * DAY_MS;
  switch (name) {
    case 'thisWeek': return { fromMs: mondayMs, toMs: nowMs };
    case 'lastWeek': return { fromMs: mondayMs - 7 * DAY_MS, toMs: mondayMs };
    case 'thisMonth': return { fromMs: Date.UTC(year, month), toMs: nowMs };
    case 'lastMonth': return { fromMs: Date.UTC(year, month - 1), toMs: Date.UTC(year, month) };
    case 'last30Minutes': return { fromMs: nowMs - HOUR_MS / 2, toMs: nowMs };
    case 'lastHour': case '1h': return { fromMs: nowMs - HOUR_MS, toMs: nowMs };
    case 'last3Hours': case '3h': return { fromMs: nowMs - 3 * HOUR_MS, toMs: nowMs };
    case 'last6Hours': case '6h': return { fromMs: nowMs - 6 * HOUR_MS, toMs: nowMs };
    case 'last12Hours': case '12h': return { fromMs: nowMs - 12 * HOUR_MS, toMs: nowMs };
    case 'last24Hours': case '24h': return { fromMs: nowMs - DAY_MS, toMs: nowMs };
    case 'last7Days': case '7d': return { fromMs: nowMs - 7 * DAY_MS, toMs: nowMs };
    case '14d': return { fromMs: nowMs - 14 * DAY_MS, toMs: nowMs };
    case 'last30Days': case '30d': return { fromMs: nowMs - 30 * DAY_MS, toMs: nowMs };
    case 'last90Days': case '90d': return { fromMs: nowMs - 90 * DAY_MS, toMs: nowMs };
    case '365d': return { fromMs: nowMs - 365 * DAY_MS, toMs: nowMs };
  }
}
