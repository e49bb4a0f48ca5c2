import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { AttemptResult } from '../run/result.ts';
import type { Dictionary } from './dictionary.ts';
import { WireError } from './wire-error.ts';

/** The index of what a row belongs to. */
export function checkIndex(checks: Dictionary<pb.CheckRef>, row: Pick<AttemptResult, 'checkId' | 'checkRevision' | 'locationOwed' | 'locationExecuted'>): number {
  const key = `${row.checkId} ${row.checkRevision} ${row.locationOwed} ${row.locationExecuted}`;
  return checks.indexOf(key, () => ({
    checkId: row.checkId, revision: row.checkRevision, locationOwed: row.locationOwed, locationExecuted: row.locationExecuted,
  }));
}

/** The entry of a column or dictionary, which a well-made batch has. */
export function at<T>(column: readonly T[], index: number, name: string): T {
  const value = column[index];
  if (value === undefined) throw new WireError(`${name} has no entry ${index}`);
  return value;
}
