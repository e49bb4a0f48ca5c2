/** What completeness needs of the store. Every method sees one account only. */
import type { RunDefinition } from '../planning/closing-time.ts';
import type { SettledCount } from '../planning/completeness.ts';
import type { OwedByLocation } from '../planning/owed-slots.ts';
import type { GapSpan } from '../planning/settle-slots.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';

/** A check as its books need it; one that was deleted still owes the slots from before. */
export type CheckSchedule = {
  readonly checkId: string;
  readonly name: string;
  readonly isDeleted: boolean;
  /** In order of `fromAtMs`. */
  readonly epochs: readonly ScheduleEpoch[];
  /** The present one, and those replaced so lately that runs under them may still go on. */
  readonly definitions: readonly RunDefinition[];
};

export type Schedules = {
  /** By age. */
  readonly entries: readonly CheckSchedule[];
  readonly total: number;
  /** Of all their locations: what was before `fromMs` as far as it matters there, and all until `toMs`. */
  readonly availability: readonly AvailabilityChange[];
  readonly locationCodes: ReadonlyMap<string, string>;
};

export type ScheduleFilter =
  | { readonly kind: 'one'; readonly checkId: string }
  /** Checks that had an active schedule at any moment of the range. */
  | { readonly kind: 'page'; readonly limit: number; readonly page: number };

/** One check and what was owed of it; slots due from `openFromMs` on are not closed yet. */
export type OwedOfCheck = { readonly checkId: string; readonly owed: OwedByLocation; readonly openFromMs: number };

export type SettledOfCheck = { readonly counts: readonly SettledCount[]; readonly gapSpans: readonly GapSpan[] };

export type CompletenessStore = {
  listSchedules(accountId: string, filter: ScheduleFilter, range: { readonly fromMs: number; readonly toMs: number; readonly replacedSinceMs: number }): Promise<Schedules>;
  /** What is stored of these checks' slots in the range, all at one moment; at most `gapSpansMax` gaps a check, oldest first. */
  listSettled(
    accountId: string, checks: readonly OwedOfCheck[], range: { readonly fromMs: number; readonly toMs: number }, gapSpansMax: number,
  ): Promise<ReadonlyMap<string, SettledOfCheck>>;
};
