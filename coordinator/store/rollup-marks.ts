/**
 * What a transaction of ingest touched, as bytes: 16 of the account, 16 of the check, 4 of the hour (hours since the
 * epoch). Written by inserting alone, so that writers never wait for each other or for the roll-up.
 */
import { readUuid, writeUuid } from '#shared/wire/uuid-bytes.ts';
import type { IngestRow } from '../pipeline/ports.ts';

export const HOUR_MS = 3_600_000;
const CELL_BYTES = 36;

/** A check in an hour, in all its locations. */
export type MarkedHour = { readonly accountId: string; readonly checkId: string; readonly atMs: number };

/** Each hour of a check once; null when nothing of it counts (shots, surplus, attempts that were retried). */
export function encodeMarks(rows: readonly IngestRow[]): Buffer | null {
  const hours = new Map<string, Map<number, string>>();
  let count = 0;
  for (const row of rows) {
    if (!counts(row)) continue;
    const { checkId, dueAtMs } = row.kind === 'result' ? row.result : row.gap;
    const hour = Math.floor(dueAtMs / HOUR_MS);
    let ofCheck = hours.get(checkId);
    if (ofCheck === undefined) hours.set(checkId, ofCheck = new Map());
    if (ofCheck.has(hour)) continue;
    ofCheck.set(hour, row.accountId);
    count += 1;
  }
  if (count === 0) return null;
  const cells = Buffer.allocUnsafe(count * CELL_BYTES);
  let at = 0;
  for (const [checkId, ofCheck] of hours) {
    for (const [hour, accountId] of ofCheck) {
      writeUuid(cells, at, accountId);
      writeUuid(cells, at + 16, checkId);
      cells.writeInt32BE(hour, at + 32);
      at += CELL_BYTES;
    }
  }
  return cells;
}

function counts(row: IngestRow): boolean {
  if (row.kind === 'gap') return true;
  const { isFinal, trigger } = row.result;
  return isFinal && !row.isSurplus && (trigger === 'schedule' || trigger === 'retry');
}

/** Each hour of a check once, of the marks of many transactions. */
export function decodeMarks(marks: readonly Buffer[]): readonly MarkedHour[] {
  const seen = new Map<string, MarkedHour>();
  for (const cells of marks) {
    for (let at = 0; at + CELL_BYTES <= cells.length; at += CELL_BYTES) {
      const key = cells.toString('hex', at, at + CELL_BYTES);
      if (!seen.has(key)) seen.set(key, { accountId: readUuid(cells, at), checkId: readUuid(cells, at + 16), atMs: cells.readInt32BE(at + 32) * HOUR_MS });
    }
  }
  return [...seen.values()];
}
