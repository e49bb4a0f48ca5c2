/** Rows in the binary format of COPY. https://www.postgresql.org/docs/current/sql-copy.html, Binary Format. */
import { Buffer } from 'node:buffer';
import { writerOf, type ArrayColumn } from './binary-arrays.ts';
import { Growing } from './growing-buffer.ts';

const COPY_DATA = 'd'.charCodeAt(0);
/** Signature, flags, length of an extension. */
const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const USUAL_FIELD_BYTES = 16;

/**
 * The rows as what `copy … from stdin binary` reads, within one CopyData message of the protocol: ready to be written
 * to the connection as it is. Throws RangeError on what a type cannot hold.
 */
export function encodeCopyMessage<Row>(columns: readonly ArrayColumn<Row>[], rows: readonly Row[]): Buffer {
  const fields = columns.map(({ type, of }) => ({ write: writerOf(type), of }));
  return copyMessageOf(rows, 64 + columns.length * rows.length * USUAL_FIELD_BYTES, (into, row) => {
    into.int16(fields.length);
    for (const { write, of } of fields) {
      const value = of(row);
      if (value === null) into.int32(-1);
      else write(into, value as never);
    }
  });
}

/** The same with rows that are written by hand: their number of fields, then each field. */
export function copyMessageOf<Row>(rows: readonly Row[], usualBytes: number, writeRow: (into: Growing, row: Row) => void): Buffer {
  const into = new Growing(usualBytes);
  into.byte(COPY_DATA);
  into.int32(0);
  into.bytes(COPY_HEADER);
  for (const row of rows) writeRow(into, row);
  into.int16(-1);
  into.setInt32(1, into.length - 1);
  return into.done();
}
