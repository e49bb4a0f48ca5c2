/** From where a question about a stretch of time is answered: rows, hours, days or weeks. Instants in ms since the epoch. */
import { localTimeOf } from '../alerting/local-time.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** The Monday, UTC, that an instant's week begins with (ISO 8601). */
export function weekOf(instantMs: number): number {
  return Math.floor((instantMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
}

/** How time is cut. `every` counts from the epoch, in UTC; `calendar` in a time zone of its own. */
export type Cut =
  | { readonly kind: 'whole' }
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'calendar'; readonly unit: 'hour' | 'day' | 'week' | 'month'; readonly timeZone: string };

export type Segment = {
  /** `weeks` begin on Mondays, and are all within the range. */
  readonly source: 'rows' | 'hours' | 'days' | 'weeks'; readonly fromMs: number; readonly toMs: number;
  /** Hours, by their start, that a day of the calendar begins within: of rows these alone, of hours all but these. */
  readonly parted?: readonly number[];
};

/** `fromMs` and `toMs` as they are answered for: widened to where the pieces begin and end. */
export type ReadingPlan = { readonly fromMs: number; readonly toMs: number; readonly segments: readonly Segment[] };

export type ReadingQuestion = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cut: Cut;
  /** Only rows know it all (a filter by outcome), or are up to the second. */
  readonly mustReadRows: boolean;
  /** Rows from here on are there. With it, days of a time zone that is no whole hours from UTC begin exactly; before it, and without it, an hour belongs to where it begins. */
  readonly rowsFromMs?: number;
  /** Nothing is due after it: the day so far is the whole of its day, and so is the week. Left out: days may go on after the range. */
  readonly nowMs?: number;
};

export function planReading({ fromMs, toMs, cut, mustReadRows, rowsFromMs = Infinity, nowMs = Infinity }: ReadingQuestion): ReadingPlan {
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
  const [firstDayMs, lastDayMs] = [Math.ceil(firstMs / DAY_MS) * DAY_MS, lastMs > nowMs ? lastMs : Math.floor(lastMs / DAY_MS) * DAY_MS];
  const parted = cut.kind === 'calendar' ? partedHours(Math.max(firstMs, Math.ceil(rowsFromMs / HOUR_MS) * HOUR_MS), lastMs, cut) : [];
  if (parted.length > 0) {
    return { fromMs: firstMs, toMs: lastMs, segments: [{ source: 'hours', fromMs: firstMs, toMs: lastMs, parted }, { source: 'rows', fromMs: parted[0]!, toMs: parted.at(-1)! + HOUR_MS, parted }] };
  }
  const segments: readonly Segment[] = !isByDay || firstDayMs >= lastDayMs ? [{ source: 'hours', fromMs: firstMs, toMs: lastMs }] : [
    { source: 'hours', fromMs: firstMs, toMs: firstDayMs },
    ...(cut.kind === 'whole' ? withWeeks(firstDayMs, lastDayMs, nowMs) : [{ source: 'days' as const, fromMs: firstDayMs, toMs: lastDayMs }]),
    { source: 'hours', fromMs: lastDayMs, toMs: lastMs },
  ];
  return { fromMs: firstMs, toMs: lastMs, segments: segments.filter((segment) => segment.fromMs < segment.toMs) };
}

/** Days, of which as many as can be come by the week. */
function withWeeks(fromMs: number, toMs: number, nowMs: number): readonly Segment[] {
  const [firstMs, lastMs] = [weekOf(fromMs + WEEK_MS - 1), toMs > nowMs ? toMs : weekOf(toMs)];
  if (firstMs >= lastMs) return [{ source: 'days', fromMs, toMs }];
  return [{ source: 'days', fromMs, toMs: firstMs }, { source: 'weeks', fromMs: firstMs, toMs: lastMs }, { source: 'days', fromMs: lastMs, toMs }];
}

/** Those within which a piece of the calendar begins: one a day where the clocks are half an hour off, every one by the hour. */
function partedHours(fromMs: number, toMs: number, { unit, timeZone }: Extract<Cut, { readonly kind: 'calendar' }>): readonly number[] {
  const pieceMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const parted: number[] = [];
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    const localMs = localTimeOf(hourMs, timeZone).wallMs;
    // Weeks and months begin where a day does.
    if (localMs % HOUR_MS !== 0 && Math.floor(localMs / pieceMs) !== Math.floor((localMs + HOUR_MS - 1) / pieceMs)) parted.push(hourMs);
  }
  return parted;
}
