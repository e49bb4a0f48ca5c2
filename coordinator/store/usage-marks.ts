import type { IngestRow } from '../pipeline/ports.ts';
import type { ArrayColumn } from './binary-arrays.ts';
import { HOUR_MS } from './rollup-marks.ts';

/** An hour of an account to be metered anew. */
export type UsageMark = { readonly accountId: string; readonly atMs: number };

/** One mark for each hour of an account that has new results, metered or not: a mark too many costs a computation. */
export function usageMarksOf(rows: readonly IngestRow[]): readonly UsageMark[] {
  const marks = new Map<string, UsageMark>();
  let last: { readonly accountId: string; readonly hour: number } | null = null;
  for (const row of rows) {
    if (row.kind !== 'result') continue;
    const hour = Math.floor(row.result.dueAtMs / HOUR_MS);
    // Most rows are of the same hour and account as the one before.
    if (last !== null && last.hour === hour && last.accountId === row.accountId) continue;
    last = { accountId: row.accountId, hour };
    const key = `${hour} ${row.accountId}`;
    if (!marks.has(key)) marks.set(key, { accountId: row.accountId, atMs: hour * HOUR_MS });
  }
  return [...marks.values()];
}

export const USAGE_MARK_COLUMNS: readonly ArrayColumn<UsageMark>[] = [
  { type: 'uuid', of: ({ accountId }) => accountId },
  { type: 'timestamptz', of: ({ atMs }) => atMs },
];
