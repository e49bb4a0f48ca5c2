/** From where a question about a stretch of time is answered: rows, hours or days. Instants in ms since the epoch. */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How time is cut. `every` counts from the epoch, in UTC; `calendar` in a time zone of its own. */
export type Cut =
  | { readonly kind: 'whole' }
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'calendar'; readonly unit: 'hour' | 'day' | 'week' | 'month'; readonly timeZone: string };

export type Segment = { readonly source: 'rows' | 'hours' | 'days'; readonly fromMs: number; readonly toMs: number };

/** `fromMs` and `toMs` as they are answered for: widened to where the pieces begin and end. */
export type ReadingPlan = { readonly fromMs: number; readonly toMs: number; readonly segments: readonly Segment[] };

export type ReadingQuestion = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cut: Cut;
  /** Only rows know it all (a filter by outcome), or are up to the second. */
  readonly mustReadRows: boolean;
};

export function planReading({ fromMs, toMs, cut, mustReadRows }: ReadingQuestion): ReadingPlan {
  const step = cut.kind === 'every' ? cut.ms : 1;
  const cutFromMs = Math.floor(fromMs / step) * step;
  const cutToMs = Math.ceil(toMs / step) * step;
  if (mustReadRows || (cut.kind === 'every' && cut.ms % HOUR_MS !== 0)) {
    return { fromMs: cutFromMs, toMs: cutToMs, segments: [{ source: 'rows', fromMs: cutFromMs, toMs: cutToMs }] };
  }
  const firstMs = Math.floor(cutFromMs / HOUR_MS) * HOUR_MS;
  const lastMs = Math.ceil(cutToMs / HOUR_MS) * HOUR_MS;
  const isByDay = cut.kind === 'whole' || (cut.kind === 'every' && cut.ms % DAY_MS === 0)
    || (cut.kind === 'calendar' && cut.unit !== 'hour' && cut.timeZone === 'UTC');
  const [firstDayMs, lastDayMs] = [Math.ceil(firstMs / DAY_MS) * DAY_MS, Math.floor(lastMs / DAY_MS) * DAY_MS];
  const segments: readonly Segment[] = !isByDay || firstDayMs >= lastDayMs ? [{ source: 'hours', fromMs: firstMs, toMs: lastMs }] : [
    { source: 'hours', fromMs: firstMs, toMs: firstDayMs },
    { source: 'days', fromMs: firstDayMs, toMs: lastDayMs },
    { source: 'hours', fromMs: lastDayMs, toMs: lastMs },
  ];
  return { fromMs: firstMs, toMs: lastMs, segments: segments.filter((segment) => segment.fromMs < segment.toMs) };
}
