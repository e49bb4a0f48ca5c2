import type { Clock } from '#shared/time/clock.ts';
import { DAY_MS, HOUR_MS, planReading } from '../analytics/reading-plan.ts';
import type { AnalyticsStore, CheckSummary } from './analytics-port.ts';
import { AnswerCache } from './summary-cache.ts';

/** What the bar of each range is cut into. */
export const SUMMARY_RANGES = {
  '6h': { lengthMs: 6 * HOUR_MS, bucketMs: HOUR_MS }, '12h': { lengthMs: 12 * HOUR_MS, bucketMs: HOUR_MS }, '24h': { lengthMs: DAY_MS, bucketMs: HOUR_MS },
  '7d': { lengthMs: 7 * DAY_MS, bucketMs: 6 * HOUR_MS }, '30d': { lengthMs: 30 * DAY_MS, bucketMs: DAY_MS }, '90d': { lengthMs: 90 * DAY_MS, bucketMs: 3 * DAY_MS },
} as const;
export type SummaryRange = keyof typeof SUMMARY_RANGES;

/** An installation of the size that it is built for. */
export const BOARD_CHECKS_MAX = 2_000;

export type SummaryBoard = { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number; readonly buckets: number; readonly atMs: number; readonly entries: readonly CheckSummary[]; readonly total: number };

/** Every check of an account at a glance, by age: computed together and kept for some seconds, whichever page or order of it is asked for. */
export class SummaryBoards {
  readonly #answers: AnswerCache<SummaryBoard>;
  readonly #store: Pick<AnalyticsStore, 'summariseChecks'>;
  readonly #clock: Clock;

  constructor(store: Pick<AnalyticsStore, 'summariseChecks'>, clock: Clock) {
    this.#answers = new AnswerCache(clock);
    this.#store = store;
    this.#clock = clock;
  }

  /** All checks, up to BOARD_CHECKS_MAX. */
  ofAll(accountId: string, range: SummaryRange): Promise<SummaryBoard> {
    return this.#answers.get(`${accountId} ${range}`, () => this.of(accountId, range, { limit: BOARD_CHECKS_MAX, page: 1 }));
  }

  /** Computed for this question. */
  async of(accountId: string, range: SummaryRange, chosen: { readonly checkIds?: readonly string[]; readonly limit: number; readonly page: number }): Promise<SummaryBoard> {
    const { lengthMs, bucketMs } = SUMMARY_RANGES[range];
    const nowMs = this.#clock.nowMs();
    const toMs = Math.ceil((nowMs + 1) / bucketMs) * bucketMs;
    const fromMs = toMs - lengthMs;
    const { segments } = planReading({ fromMs, toMs, cut: { kind: 'whole' }, mustReadRows: false, nowMs });
    const { segments: barSegments } = planReading({ fromMs, toMs, cut: { kind: 'every', ms: bucketMs }, mustReadRows: false, nowMs });
    const { entries, total } = await this.#store.summariseChecks(accountId, { segments, barSegments, fromMs, bucketMs, ...chosen });
    return { fromMs, toMs, bucketMs, buckets: lengthMs / bucketMs, atMs: nowMs, entries, total };
  }
}
