/** Result rows in Postgres' binary format, ready to be sent: what the baselines measure is the database. */
import { encodeArrays } from '#coordinator/store/binary-arrays.ts';
import { RESULT_COLUMNS, type IngestResult } from '#coordinator/store/result-columns.ts';

/** A row's fields in the order of `RESULT_COLUMNS`; null where there is none. */
export type EncodedRow = readonly (Buffer | null)[];

export const COLUMN_NAMES = RESULT_COLUMNS.map(({ name }) => name);

/** Dimensions, null flag, element type, count, lower bound: four bytes each, then length and bytes of each element. */
const ARRAY_HEADER_BYTES = 20;

export function encodedRows(rows: readonly IngestResult[]): readonly EncodedRow[] {
  const columns = encodeArrays(RESULT_COLUMNS, rows).map((array) => elementsOf(array, rows.length));
  return rows.map((_, row) => columns.map((column) => column[row]!));
}

/** https://www.postgresql.org/docs/current/sql-copy.html, Binary Format: header, tuples, trailer. */
export function copyFile(rows: readonly EncodedRow[]): Buffer {
  const parts: Buffer[] = [Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)];
  const fieldCount = int16(COLUMN_NAMES.length);
  for (const row of rows) {
    parts.push(fieldCount);
    for (const field of row) {
      parts.push(int32(field === null ? -1 : field.length));
      if (field !== null) parts.push(field);
    }
  }
  parts.push(int16(-1));
  return Buffer.concat(parts);
}

function elementsOf(array: Buffer, count: number): readonly (Buffer | null)[] {
  let at = ARRAY_HEADER_BYTES;
  return Array.from({ length: count }, () => {
    const length = array.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return array.subarray(at - length, at);
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
