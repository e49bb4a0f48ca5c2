/** What the address of a check page holds: a link to what one sees. */
export const CHECK_RANGES = { '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;
export type CheckRange = keyof typeof CHECK_RANGES;
export type CheckSearch = {
  readonly range?: CheckRange; readonly location?: string; readonly outcome?: 'failed' | 'good';
  readonly trigger?: string;
  /** A bucket that was clicked in the ribbon: its start, ms. */
  readonly at?: number;
};
export const DEFAULT_RANGE: CheckRange = '24h';

export function checkSearch(given: Record<string, unknown>): CheckSearch {
  const { range, location, outcome, trigger, at } = given;
  return {
    ...(typeof range === 'string' && Object.hasOwn(CHECK_RANGES, range) && range !== DEFAULT_RANGE ? { range: range as CheckRange } : {}),
    ...(typeof location === 'string' && location !== '' ? { location } : {}),
    ...(outcome === 'failed' || outcome === 'good' ? { outcome } : {}),
    ...(typeof trigger === 'string' && ['schedule', 'deploy', 'manual', 'confirm', 'retry'].includes(trigger) ? { trigger } : {}),
    ...(typeof at === 'number' && Number.isFinite(at) ? { at } : {}),
  };
}
