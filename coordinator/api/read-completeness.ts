import { problemAt } from '#shared/check/problem.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { closedBeforeMs, CLOSER_LAG_MAX_MS, DEFINITIONS_MATTER_FOR_MS } from '../planning/closing-time.ts';
import { completenessOf, type CheckCompleteness } from '../planning/completeness.ts';
import { countOwed, owedSpans } from '../planning/owed-slots.ts';
import type { GapSpan } from '../planning/settle-slots.ts';
import { invalidInput } from './api-error.ts';
import type { CheckSchedule, CompletenessStore, ScheduleFilter } from './completeness-port.ts';

const DAY_MS = 86_400_000;
export const RANGE_MAX_MS = 31 * DAY_MS;
const RANGE_DEFAULT_MS = DAY_MS;
/** About 7 µs each in Postgres, well within its time limit: a check of every 10 s in three locations for a month. */
const SLOTS_MAX = 1_000_000;

export type Range = { readonly fromMs: number; readonly toMs: number };

export type BooksOfCheck = CheckCompleteness & {
  readonly schedule: CheckSchedule;
  /** Slots due from here on are not closed yet. */
  readonly openFromMs: number;
  /** At most as many as were asked for, oldest first. */
  readonly gapSpans: readonly GapSpan[];
};

/** The range that was asked for; left out, the last 24 hours. What is still to come is not due, and left out. */
export function rangeOf({ from, to }: { readonly from?: number | undefined; readonly to?: number | undefined }, nowMs: number): Range {
  const toMs = Math.min(to ?? Infinity, Math.floor(nowMs));
  const fromMs = from ?? toMs - RANGE_DEFAULT_MS;
  const sayFrom = new Date(fromMs).toISOString();
  if (fromMs >= toMs) throw invalidInput([problemAt('from', sayFrom, `before ${new Date(toMs).toISOString()}`, 'must be before to and before now')]);
  if (toMs - fromMs > RANGE_MAX_MS) {
    throw invalidInput([problemAt('from', sayFrom, `${RANGE_MAX_MS / DAY_MS} days`, `a range is at most ${RANGE_MAX_MS / DAY_MS} days long; ask for less at a time`)]);
  }
  return { fromMs, toMs };
}

/** The books of one check, or of a page of them: owed by the schedule's arithmetic, against what is stored. */
export async function readCompleteness(
  { store, accountId, nowMs }: { readonly store: CompletenessStore; readonly accountId: string; readonly nowMs: number },
  filter: ScheduleFilter, range: Range, gapSpansMax: number,
): Promise<{ readonly entries: readonly BooksOfCheck[]; readonly total: number; readonly locationCodes: ReadonlyMap<string, string> }> {
  const schedules = await store.listSchedules(accountId, filter, { ...range, replacedSinceMs: nowMs - DEFINITIONS_MATTER_FOR_MS });
  const availability = availabilityIndex(schedules.availability);
  const questions = schedules.entries.map((schedule) => ({
    schedule, checkId: schedule.checkId,
    owed: owedSpans({ checkId: schedule.checkId, epochs: schedule.epochs, availability, ...range }),
    openFromMs: closedBeforeMs(nowMs - CLOSER_LAG_MAX_MS, schedule.definitions),
  }));
  const slots = questions.reduce((sum, { owed }) => sum + [...owed.values()].reduce((all, spans) => all + countOwed(spans, range.fromMs, range.toMs), 0), 0);
  if (slots > SLOTS_MAX) {
    throw invalidInput([problemAt('from', new Date(range.fromMs).toISOString(), `${SLOTS_MAX} slots`, `${slots} slots were due then, and at most ${SLOTS_MAX} are counted at once; ask for a shorter range`)]);
  }
  const settled = await store.listSettled(accountId, questions, range, gapSpansMax);
  return {
    total: schedules.total, locationCodes: schedules.locationCodes,
    entries: questions.map(({ schedule, owed, openFromMs }) => {
      const { counts, gapSpans } = settled.get(schedule.checkId) ?? { counts: [], gapSpans: [] };
      return { schedule, openFromMs, gapSpans, ...completenessOf(owed, counts, { ...range, openFromMs }) };
    }),
  };
}
