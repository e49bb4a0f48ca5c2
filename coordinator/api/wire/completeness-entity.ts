import { z } from 'zod';
import type { CompletenessCounts } from '../../planning/completeness.ts';
import type { BooksOfCheck, Range } from '../read-completeness.ts';
import { isoOf } from './iso.ts';

const COUNTS = {
  due: z.int().meta({ description: 'slots that were due: one for each location that owed it' }),
  results: z.int().meta({ description: 'of them with a final result' }),
  gapCount: z.int().meta({ description: 'of them with a recorded reason instead' }),
  pending: z.int().meta({ description: 'of them not closed yet: run, retries and 30 s' }),
  missing: z.int().meta({ description: 'computed: due − results − gapCount − pending; anything but 0 is a hole' }),
  double: z.int().meta({ description: 'slots with more than one final result, or a result and a gap; anything but 0 is a fault' }),
  surplus: z.int().meta({ description: 'results for turns that had been given to another location or agent' }),
  unowed: z.int().meta({ description: 'slots with a result or gap that no schedule owed' }),
  lateReplacements: z.int().meta({ description: 'results that took the place of a gap' }),
};

const GapEntity = z.object({
  from: z.iso.datetime().meta({ description: 'the first slot due' }),
  to: z.iso.datetime().meta({ description: 'the last slot due' }),
  reason: z.string(), location: z.string(),
  count: z.int().meta({ description: 'slots that follow each other in this location' }),
}).meta({ id: 'CompletenessGap' });

export const CompletenessEntity = z.object({
  checkId: z.string(), name: z.string(),
  isDeleted: z.boolean().meta({ description: 'it still owed the slots from before' }),
  from: z.iso.datetime(), to: z.iso.datetime().meta({ description: 'exclusive; never later than now' }),
  closedThrough: z.iso.datetime().meta({ description: 'slots due from here on may still be pending' }),
  ...COUNTS,
  gaps: z.array(GapEntity).meta({ description: 'oldest first' }),
  gapsOmitted: z.int().meta({ description: 'slots in gaps that are not listed; ask for a shorter range to see them' }),
  locations: z.array(z.object({ location: z.string(), ...COUNTS })),
}).meta({ id: 'Completeness' });

export const CompletenessPage = z.object({
  from: z.iso.datetime(), to: z.iso.datetime(),
  total: z.int().meta({ description: 'checks that were active in the range, on all pages' }),
  entries: z.array(CompletenessEntity),
}).meta({ id: 'CompletenessPage' });

export function completenessEntity(books: BooksOfCheck, range: Range, codes: ReadonlyMap<string, string>): z.output<typeof CompletenessEntity> {
  const codeOf = (locationId: string): string => codes.get(locationId) ?? locationId;
  return {
    checkId: books.schedule.checkId, name: books.schedule.name, isDeleted: books.schedule.isDeleted,
    from: isoOf(range.fromMs), to: isoOf(range.toMs), closedThrough: isoOf(Math.min(range.toMs, books.openFromMs)),
    ...countsEntity(books),
    gaps: books.gapSpans.map(({ firstDueMs, lastDueMs, reason, locationId, count }) => ({
      from: isoOf(firstDueMs), to: isoOf(lastDueMs), reason, location: codeOf(locationId), count,
    })),
    gapsOmitted: books.gaps - books.gapSpans.reduce((sum, { count }) => sum + count, 0),
    locations: books.locations.map((counts) => ({ location: codeOf(counts.locationId), ...countsEntity(counts) }))
      .sort((one, other) => (one.location < other.location ? -1 : 1)),
  };
}

function countsEntity(counts: CompletenessCounts) {
  const { due, results, gaps, pending, missing, double, surplus, unowed, lateReplacements } = counts;
  return { due, results, gapCount: gaps, pending, missing, double, surplus, unowed, lateReplacements };
}
