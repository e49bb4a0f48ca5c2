/** What analytics needs of the store. Every method sees one account only. */
import type { Cut, Segment } from '../analytics/reading-plan.ts';
import type { Tally } from '../analytics/tally.ts';
import type { OverviewStore } from './overview-port.ts';
import type { JudgedStatus } from './ports.ts';

/** One piece of time of a check, in one location or all. `total` and `phases` are packed times (analytics/packed-times.ts). */
export type Piece = {
  readonly checkId: string;
  /** null: all locations together. */
  readonly locationCode: string | null;
  readonly atMs: number;
  readonly tally: Tally;
  readonly total: Buffer | null;
  readonly phases: Buffer | null;
  /** When late rows last changed a stretch of it that was over; null: never. */
  readonly correctedAtMs: number | null;
};

export type PiecesQuestion = {
  readonly checkIds: readonly string[];
  readonly segments: readonly Segment[];
  readonly cut: Cut;
  readonly byLocation: boolean;
  /** Left out: all locations. */
  readonly locationCode?: string;
  /** Sketches that are wanted: reading the others costs more than everything else. Left out: all. */
  readonly times?: 'none' | 'total' | 'all';
  /** Rows only: runs that passed or degraded, or those that failed, with their times. */
  readonly status?: 'success' | 'failure';
};

export type SummaryQuestion = {
  /** What figures are summed from, and, cut into buckets, what bars are. */
  readonly segments: readonly Segment[];
  readonly barSegments: readonly Segment[];
  readonly fromMs: number;
  readonly bucketMs: number;
  /** Left out: all. */
  readonly checkIds?: readonly string[];
  readonly limit: number;
  readonly page: number;
};

/** A check of the home page over a range. */
export type CheckSummary = {
  readonly checkId: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** As of CheckName. */
  readonly coversMs: number;
  readonly tally: Tally;
  readonly total: Buffer | null;
  /** By number of the bucket; a bucket in which nothing was due is left out. */
  readonly bar: ReadonlyMap<number, Tally>;
  readonly last: { readonly dueAtMs: number; readonly outcome: string } | null;
  /** As the judge has it, and since when. */
  readonly status: JudgedStatus;
  readonly sinceMs: number | null;
};

export type CheckName = {
  readonly checkId: string; readonly name: string; readonly tags: readonly string[];
  readonly frequencyMs: number;
  /** The time that one due run stands for: the interval, shared by the locations that owe each slot. */
  readonly coversMs: number;
};

export type AnalyticsStore = OverviewStore & {
  /** Ordered by check, location, time; pieces without a run are left out. */
  readPieces(accountId: string, question: PiecesQuestion): Promise<readonly Piece[]>;
  /** Checks by age. */
  summariseChecks(accountId: string, question: SummaryQuestion): Promise<{ readonly entries: readonly CheckSummary[]; readonly total: number }>;
  /** Those of these that exist and are not deleted (null: all), by age; with one of the tags, if any are given. */
  listCheckNames(accountId: string, checkIds: readonly string[] | null, tags?: readonly string[]): Promise<readonly CheckName[]>;
};
