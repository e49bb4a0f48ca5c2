/**
 * Arrays in Postgres' binary format, as parameters for `unnest($1::uuid[], …)`: half the CPU of text arrays on both
 * sides. https://www.postgresql.org/docs/current/protocol.html (array_recv and the `*_recv` of each type).
 */
import { Buffer } from 'node:buffer';

export type ElementType = keyof typeof ELEMENTS;

type Writer = { readonly oid: number; write(into: Growing, value: never): void };

export type ArrayColumn<Row> = { readonly type: ElementType; readonly of: (row: Row) => unknown };

/**
 * One array a column, null where a row has none. All are parts of one buffer, which saves the allocator much work.
 * Throws RangeError on what a type cannot hold.
 */
export function encodeArrays<Row>(columns: readonly ArrayColumn<Row>[], rows: readonly Row[]): readonly Buffer[] {
  const into = new Growing(columns.length * (HEADER_BYTES + rows.length * USUAL_ELEMENT_BYTES));
  const ends = columns.map((column) => {
    writeArray(into, column.type, rows.map(column.of));
    return into.length;
  });
  const whole = into.done();
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
}

/** One array; null where there is no value. */
export function encodeArray(type: ElementType, values: readonly unknown[]): Buffer {
  const into = new Growing(HEADER_BYTES + values.length * USUAL_ELEMENT_BYTES);
  writeArray(into, type, values);
  return into.done();
}

const HEADER_BYTES = 20;
const USUAL_ELEMENT_BYTES = 16;

function writeArray(into: Growing, type: ElementType, values: readonly unknown[]): void {
  const { oid, write } = ELEMENTS[type] as Writer;
  into.int32(1); // dimensions
  into.int32(values.includes(null) ? 1 : 0);
  into.int32(oid);
  into.int32(values.length);
  into.int32(1); // the first index
  for (const value of values) {
    if (value === null) into.int32(-1);
    else write(into, value as never);
  }
}

/** From 1970, where we count, to 2000, where Postgres does. */
const EPOCH_SHIFT_US = 946_684_800_000_000;
const TWO_32 = 2 ** 32;

const ELEMENTS = {
  uuid: { oid: 2950, write: (into: Growing, value: string) => into.uuid(value) },
  /** ms since the epoch with decimals, kept to the µs. */
  timestamptz: { oid: 1184, write: (into: Growing, value: number) => { into.int32(8); into.int64(Math.round(value * 1000) - EPOCH_SHIFT_US); } },
  int2: { oid: 21, write: (into: Growing, value: number) => { into.int32(2); into.int16(Math.round(value)); } },
  int4: { oid: 23, write: (into: Growing, value: number) => { into.int32(4); into.int32(Math.round(value)); } },
  int8: { oid: 20, write: (into: Growing, value: number) => { into.int32(8); into.int64(Math.round(value)); } },
  bool: { oid: 16, write: (into: Growing, value: boolean) => { into.int32(1); into.byte(value ? 1 : 0); } },
  /** Postgres' text has no U+0000; a target's may. */
  text: { oid: 25, write: (into: Growing, value: string) => into.text(value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value) },
  bytea: { oid: 17, write: (into: Growing, value: Uint8Array) => { into.int32(value.length); into.bytes(value); } },
  /** A value that JSON can write. */
  json: { oid: 114, write: (into: Growing, value: unknown) => into.text(JSON.stringify(value)) },
} as const;

const HYPHEN = 45;

function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  if (letter >= 97 && letter <= 102) return letter - 87;
  throw new RangeError(`'${text.slice(0, 40)}' is no UUID`);
}

class Growing {
  #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#at;
  }

  byte(value: number): void {
    this.#at = this.#room(1).writeUInt8(value, this.#at);
  }

  int16(value: number): void {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
  }

  /** Exact up to 2^53, without the cost of a BigInt. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number that is kept exactly`);
    this.#room(8).writeInt32BE(Math.floor(value / TWO_32), this.#at);
    this.#at = this.#buffer.writeUInt32BE(value >>> 0, this.#at + 4);
  }

  uuid(value: string): void {
    const buffer = this.#room(20);
    let at = buffer.writeInt32BE(16, this.#at);
    // By hand: taking the hyphens out first costs three times as much.
    for (let index = 0; index < 36; index += 2) {
      if (value.charCodeAt(index) === HYPHEN) index += 1;
      buffer[at] = (hexDigit(value, index) << 4) | hexDigit(value, index + 1);
      at += 1;
    }
    if (value.length !== 36 || at !== this.#at + 20) throw new RangeError(`'${value.slice(0, 40)}' is no UUID`);
    this.#at = at;
  }

  text(value: string): void {
    const bytesMax = value.length * 3;
    this.#room(4 + bytesMax);
    const written = this.#buffer.write(value, this.#at + 4, 'utf8');
    this.#buffer.writeInt32BE(written, this.#at);
    this.#at += 4 + written;
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#at);
    this.#at += value.length;
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
      this.#buffer.copy(larger, 0, 0, this.#at);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
