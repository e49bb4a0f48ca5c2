import { z } from 'zod';
import { QUICK_RANGES, quickRange, type QuickRange, type Range } from '../../analytics/quick-range.ts';
import { problemAt } from '#shared/check/problem.ts';
import { invalidInput } from '../api-error.ts';
import { instantMs } from './query.ts';

/** Two years, as long as days are kept by default. */
const RANGE_MAX_MS = 800 * 86_400_000;

export const rangeFields = {
  from: instantMs.optional(),
  to: instantMs.optional(),
  range: z.enum(QUICK_RANGES).optional().meta({ description: 'ends now; instead of from and to' }),
};

/** `from` to `to`, or a named range; without either, `otherwise`. Throws what is wrong with it, all at once. */
export function rangeOf(query: { from?: number | undefined; to?: number | undefined; range?: QuickRange | undefined }, nowMs: number, otherwise: QuickRange): Range {
  const { from, to, range } = query;
  if (range !== undefined && (from !== undefined || to !== undefined)) {
    throw invalidInput([problemAt('range', range, 'either a named range, or from and to', 'cannot be combined with from or to')]);
  }
  if (range !== undefined || (from === undefined && to === undefined)) return quickRange(range ?? otherwise, nowMs);
  const named = quickRange(otherwise, nowMs);
  const toMs = Math.min(to ?? nowMs, nowMs);
  const fromMs = from ?? toMs - (named.toMs - named.fromMs);
  if (fromMs >= toMs) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), `before ${new Date(toMs).toISOString()}`, 'must be before to, and in the past')]);
  if (toMs - fromMs > RANGE_MAX_MS) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), `at most ${RANGE_MAX_MS / 86_400_000} days before to`, 'is too long ago')]);
  return { fromMs, toMs };
}
